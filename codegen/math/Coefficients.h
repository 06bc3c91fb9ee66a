//===- Coefficients.h - Polynomials of the vector mathematics --------------===//
//
// Made by coefficients.py; do not edit.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_MATH_COEFFICIENTS_H
#define AGC_CODEGEN_MATH_COEFFICIENTS_H

#include <cstdint>

namespace agc::math {

/// Lowest power first; ends with the first 0. `f32` is good for a result of 24
/// digits, whichever type it is computed in.
struct Polynomial {
  double f32[16] = {};
  double f64[32] = {};
};

inline constexpr double log2e = 0x1.71547652b82fep+0; // 1 / ln 2
/// ln 2; the first part times 12 bits is exact
inline constexpr double ln2F32[] = {0x1.62e0000000000p-1, 0x1.0bfbe8e7bcd5ep-15};
/// ln 2; the first part times 13 bits is exact
inline constexpr double ln2F64[] = {0x1.62e42fefa2000p-1, 0x1.9ef35793c7673p-41};
/// 1 / ln 2
inline constexpr double log2eF32[] = {0x1.7140000000000p+0, 0x1.47652b82fe177p-12};
/// 1 / ln 2
inline constexpr double log2eF64[] = {0x1.7154764000000p+0, 0x1.2b82fe1777d10p-28};
inline constexpr double twoOverPi = 0x1.45f306dc9c883p-1; // 2 / pi
/// pi / 2; parts times 21 bits are exact
inline constexpr double halfPi[] = {0x1.921fb54400000p+0, 0x1.0b4611a600000p-34, 0x1.3198a2e000000p-69, 0x1.b839a252049c1p-104};
/// pi / 2 in numbers of f32
inline constexpr double halfPiF32[] = {0x1.921fb40000000p+0, 0x1.4442d00000000p-24, 0x1.8469880000000p-48};
/// pi / 2
inline constexpr double halfPiSum[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

/// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2
inline constexpr Polynomial expTail = {
    .f32 = { // error 2^-27.2
        0x1.0000003469e31p-1,
        0x1.5554aecf1bdeep-3,
        0x1.5554892f41f57p-5,
        0x1.122878a17ceebp-7,
        0x1.6d971a0cce934p-10,
    },
    .f64 = { // error 2^-56.7
        0x1.0000000000005p-1,
        0x1.555555555555cp-3,
        0x1.5555555552093p-5,
        0x1.111111110e675p-7,
        0x1.6c16c17f51f3dp-10,
        0x1.a01a01b5fa8b6p-13,
        0x1.a019a631a0fabp-16,
        0x1.71dde9b4710b8p-19,
        0x1.28a3032a868d2p-22,
        0x1.af77320b3aebdp-26,
    },
};

/// (2^r - 1) / r for |r| <= 1/2
inline constexpr Polynomial exp2Tail = {
    .f32 = { // error 2^-28.5
        0x1.62e430cc41e57p-1,
        0x1.ebfbe0d8b84b4p-3,
        0x1.c6aecf7071c3cp-5,
        0x1.3b29a95bd588ap-7,
        0x1.5f47b0ab2f18ep-10,
        0x1.44902c845da99p-13,
    },
    .f64 = { // error 2^-57.5
        0x1.62e42fefa39efp-1,
        0x1.ebfbdff82c5a5p-3,
        0x1.c6b08d704a0d7p-5,
        0x1.3b2ab6fb9ff5bp-7,
        0x1.5d87fe78a0ecbp-10,
        0x1.4309130f2ef6ep-13,
        0x1.ffcbfc7c1f0eep-17,
        0x1.62bfc6cd288afp-20,
        0x1.b524ce2cbc55dp-24,
        0x1.e61ca8da02a6fp-28,
        0x1.ea17f9fe24ab7p-32,
    },
};

/// (2 atanh(s) / s - 2) / s^2 of z = s^2, s = (m - 1) / (m + 1)
inline constexpr Polynomial logTail = {
    .f64 = { // error 2^-59.5
        0x1.5555555555592p-1,
        0x1.999999997fd52p-2,
        0x1.24924941f8381p-2,
        0x1.c71c5202a082ap-3,
        0x1.74664074813c0p-3,
        0x1.39a18f3d91b89p-3,
        0x1.2f0738558c299p-3,
    },
};

/// (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2)
inline constexpr Polynomial logFraction = {
    .f32 = { // error 2^-27.3
        0x1.55554a4949858p-2,
        -0x1.00021f84a1b4dp-2,
        0x1.99a58b988416ep-3,
        -0x1.5478984158db1p-3,
        0x1.226efe335f135p-3,
        -0x1.0ce0b968e2a1fp-3,
        0x1.07cd13e2d3d31p-3,
        -0x1.41e3cec9e59e3p-4,
    },
};

/// (2 atanh(s) / s - 2 - 2 s^2 / 3) / s^4 of z = s^2
inline constexpr Polynomial logTail5 = {
    .f64 = { // error 2^-73.5
        0x1.9999999999996p-2,
        0x1.2492492493037p-2,
        0x1.c71c71c580166p-3,
        0x1.745d18327bd14p-3,
        0x1.3b1362aab9d86p-3,
        0x1.1120b75f859c1p-3,
        0x1.de3328b84087ap-4,
        0x1.eb1380148287ep-4,
    },
};

/// (sin r / r - 1) / r^2 of z = r^2, |r| <= pi / 4
inline constexpr Polynomial sinTail = {
    .f32 = { // error 2^-27.9
        -0x1.555544a481576p-3,
        0x1.1106fcbea4f78p-7,
        -0x1.992c2d7fc9790p-13,
    },
    .f64 = { // error 2^-57.8
        -0x1.5555555555547p-3,
        0x1.111111110f5f2p-7,
        -0x1.a01a019bbd55bp-13,
        0x1.71de352c2abfcp-19,
        -0x1.ae5e295fd26bdp-26,
        0x1.5d80ec4805e9fp-33,
    },
};

/// (cos r - 1 + r^2 / 2) / r^4 of z = r^2
inline constexpr Polynomial cosTail = {
    .f32 = { // error 2^-32.6
        0x1.55554a0abf408p-5,
        -0x1.6c0c20e9841bfp-10,
        0x1.99e2f076974e7p-16,
    },
    .f64 = { // error 2^-63.5
        0x1.555555555554ap-5,
        -0x1.6c16c16c14ec2p-10,
        0x1.a01a019c6ab39p-16,
        -0x1.27e4f7d4de401p-22,
        0x1.1ee9c6c24cd12p-29,
        -0x1.8f9ade0f7c07ap-37,
    },
};

/// (tanh x / x - 1) / x^2 of z = x^2, |x| <= 0.56
inline constexpr Polynomial tanhTail = {
    .f32 = { // error 2^-29.6
        -0x1.555549374796ep-2,
        0x1.110cb15a4abe7p-3,
        -0x1.b9137c701211bp-5,
        0x1.5882e1c7a316fp-6,
        -0x1.96d10bc3426d8p-8,
    },
    .f64 = { // error 2^-65.1
        -0x1.5555555555555p-2,
        0x1.111111111108bp-3,
        -0x1.ba1ba1ba119e1p-5,
        0x1.664f487fc0048p-6,
        -0x1.226e34d709852p-7,
        0x1.d6d3b277844a7p-9,
        -0x1.7da11b3fd4517p-10,
        0x1.3539fcecfc44ep-11,
        -0x1.f35797f876c59p-13,
        0x1.89153deff8189p-14,
        -0x1.11cffb88d461cp-15,
        0x1.e776995386899p-18,
    },
};

/// (sinh x / x - 1) / x^2 of z = x^2, |x| <= 1
inline constexpr Polynomial sinhTail = {
    .f32 = { // error 2^-34.0
        0x1.555555183f267p-3,
        0x1.1111361f703c3p-7,
        0x1.9ffe1394d6712p-13,
        0x1.7a26519fd2d6fp-19,
    },
    .f64 = { // error 2^-63.2
        0x1.5555555555556p-3,
        0x1.11111111110a1p-7,
        0x1.a01a01a0291f2p-13,
        0x1.71de3a45f7563p-19,
        0x1.ae64676688d76p-26,
        0x1.611a3a15e35b3p-33,
        0x1.b4cf7e403e400p-41,
    },
};

/// erf(x) / x - 1 of z = x^2, |x| <= 1
inline constexpr Polynomial erfNear = {
    .f64 = { // error 2^-62.8
        0x1.06eba8214db69p-3,
        -0x1.812746b0379e6p-2,
        0x1.ce2f21a042b34p-4,
        -0x1.b82ce31284f38p-6,
        0x1.565bcd0dbd918p-8,
        -0x1.c02db3db494e2p-11,
        0x1.f9a321e4b424cp-14,
        -0x1.f4d1e434839adp-17,
        0x1.b9df305b4836fp-20,
        -0x1.5f1f40fb565d2p-23,
        0x1.f7b99dfcbf420p-27,
        -0x1.38ac257b037fcp-30,
        0x1.062764fd7d049p-34,
    },
};

/// -log(erfc(x)) / x - 1 for 0 <= x <= 4
inline constexpr Polynomial erfLog = {
    .f32 = { // error 2^-27.9
        0x1.06eba8bc4f8bep-3,
        0x1.45f2f9c540246p-1,
        0x1.a4fa5d4b9b39dp-4,
        -0x1.39cdbf44dacd4p-6,
        -0x1.50656e20bccdcp-13,
        0x1.b500f01a54361p-10,
        -0x1.4bca8190bdd39p-11,
        0x1.ed6d52504481fp-14,
        -0x1.36972b1eebb6fp-17,
    },
};

/// (1 + 2x) e^(x^2) erfc(x) of q = (x - 4) / (x + 4), x <= 28
inline constexpr Polynomial erfcScaled = {
    .f32 = { // error 2^-30.1
        0x1.3ba5917106de0p+0,
        -0x1.1df1af586a78ep-3,
        0x1.f7f5195f73b42p-7,
        0x1.16edd14b30447p-4,
        -0x1.9dd808f3578a8p-4,
        0x1.7fe342075ed65p-4,
        -0x1.0fd71f8a9bef7p-4,
        0x1.30bccbf77382fp-5,
        -0x1.06428cdd0664dp-6,
        0x1.4f659e6faac0fp-8,
        -0x1.186e96f5f5f1fp-10,
        -0x1.46200e0f5988fp-11,
    },
    .f64 = { // error 2^-56.3
        0x1.3ba5916e9fd7fp+0,
        -0x1.1df1ad154a29cp-3,
        0x1.f7f5df66fd71dp-7,
        0x1.16ecefcfa6044p-4,
        -0x1.9ddb23c3e8a4dp-4,
        0x1.7fee004df6abap-4,
        -0x1.0fb06dfe58c98p-4,
        0x1.3079edf9f9b41p-5,
        -0x1.0962388077e2dp-6,
        0x1.49c67191a66c8p-8,
        -0x1.8d4a9fee78d15p-11,
        -0x1.a1de83cd7d8d6p-13,
        0x1.3be0d2d51abccp-13,
        -0x1.9969d65333877p-16,
        -0x1.78a8714d85f9bp-17,
        0x1.7fae668193f8bp-18,
        0x1.4438f58d3b551p-22,
        -0x1.bfe153afb4b69p-21,
        0x1.0bf5e05eba7bep-24,
        0x1.ec0ad5326e4ccp-24,
        -0x1.0b465485cd4a1p-27,
        -0x1.cbf6976743966p-27,
        -0x1.d82ede87199e7p-30,
    },
};

/// (atan t / t - 1) / t^2 of z = t^2, |t| <= tan(pi / 8); f32: |t| <= 1
inline constexpr Polynomial atanTail = {
    .f32 = { // error 2^-28.7
        -0x1.55554034048f5p-2,
        0x1.99927606262f6p-3,
        -0x1.2426f75fe41d3p-3,
        0x1.c0d29100bdde5p-4,
        -0x1.58dcc61947a33p-4,
        0x1.dd1066c2a6e63p-5,
        -0x1.01b17b71647e0p-5,
        0x1.6a94734046c39p-7,
        -0x1.df087c1de26c7p-10,
    },
    .f64 = { // error 2^-59.5
        -0x1.555555555553dp-2,
        0x1.999999999586dp-3,
        -0x1.24924922adda9p-3,
        0x1.c71c70e64a6e7p-4,
        -0x1.745cf8e2bf85bp-4,
        0x1.3b111979edb39p-4,
        -0x1.10ebbb460d89cp-4,
        0x1.df0f636dd39f3p-5,
        -0x1.9cd2ccca7380bp-5,
        0x1.37d4d96b0cdaap-5,
        -0x1.2566845cfeee8p-6,
    },
};

/// (asin x / x - 1) / x^2 of z = x^2, |x| <= 1/2
inline constexpr Polynomial asinTail = {
    .f32 = { // error 2^-27.6
        0x1.5555ca6a49befp-3,
        0x1.33014bb3499cdp-4,
        0x1.748cd6a943479p-5,
        0x1.8b9d4919edb7dp-6,
        0x1.59df45f0ae028p-5,
    },
    .f64 = { // error 2^-59.8
        0x1.5555555555578p-3,
        0x1.333333332dfa0p-4,
        0x1.6db6db7224963p-5,
        0x1.f1c71a8e47d50p-6,
        0x1.6e8bdf98a7689p-6,
        0x1.1c49e3a3b1e66p-6,
        0x1.ca20b9c82a865p-7,
        0x1.757c13c344b4dp-7,
        0x1.6170d9d832af3p-7,
        0x1.e2e983694f384p-9,
        0x1.6486c3230ac07p-6,
        -0x1.594530e668922p-6,
        0x1.0bac0f40e1428p-5,
    },
};

/// 2 / pi in words of 32 bits behind the point, two words of 0 before it.
inline constexpr int64_t twoOverPiWords[] = {
    0x00000000, 0x00000000, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
    0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0,
    0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
    0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b,
    0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7,
    0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea,
    0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
};

} // namespace agc::math

#endif
