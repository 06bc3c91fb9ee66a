"""Derives the polynomials of codegen/math and prints Coefficients.h.

    python3 codegen/math/coefficients.py > codegen/math/Coefficients.h

Each is the polynomial of its degree with the least largest error (Remez's
exchange, in 60 digits), weighted so that the error counts in units of the
function that it serves. The comment beside it is that error, as a power of 2.
Needs mpmath.
"""

from mpmath import (mp, mpf, mpmathify, pi, exp, log, sin, cos, sinh, tanh,
                    atan, asin, atanh, erf, erfc, sqrt, matrix, lu_solve, fabs)

mp.dps = 60


def remez(f, low, high, degree, weight):
    """Minimizes the largest weight(x) * |f(x) - p(x)| over [low, high]."""
    low, high = mpf(low), mpf(high)
    count = degree + 2
    points = [low + (high - low) * (1 - cos(pi * (2 * i + 1) / (2 * count))) / 2
              for i in range(count)]
    grid = [low + (high - low) * (1 - cos(pi * mpf(i) / (16 * count))) / 2
            for i in range(16 * count + 1)]
    # The ends may be where f is 0/0.
    grid[0] += (high - low) * mpf(2) ** -60
    values = [(x, f(x), weight(x)) for x in grid]
    for _ in range(12):
        system, right = matrix(count, count), matrix(count, 1)
        for i, x in enumerate(points):
            for k in range(degree + 1):
                system[i, k] = x ** k
            system[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = f(x)
        solution = lu_solve(system, right)
        coefficients = [solution[k] for k in range(degree + 1)]

        def error(x, y, w):
            return w * (y - horner(coefficients, x))

        # The largest error between each two changes of its sign.
        extremes = []
        for x, y, w in values:
            e = error(x, y, w)
            if extremes and (e > 0) == (extremes[-1][1] > 0):
                if fabs(e) > fabs(extremes[-1][1]):
                    extremes[-1] = (x, e)
            else:
                extremes.append((x, e))
        while len(extremes) > count:
            extremes.pop(0 if fabs(extremes[0][1]) < fabs(extremes[-1][1]) else -1)
        if len(extremes) < count:
            break
        largest = max(fabs(e) for _, e in extremes)
        smallest = min(fabs(e) for _, e in extremes)
        points = [x for x, _ in extremes]
        if largest < smallest * mpf("1.01"):
            break
    return coefficients, max(fabs(error(*v)) for v in values)


def horner(coefficients, x):
    result = mpf(0)
    for c in reversed(coefficients):
        result = result * x + c
    return result


def emit(name, what, f, low, high, weight=lambda x: mpf(1), scale=1, f32=None,
         f64=None, f32_high=None):
    """Prints p for both types. weight: of the fit; times scale, of what the
    polynomial's error is in the function's value."""
    print(f"\n/// {what}")
    print(f"inline constexpr Polynomial {name} = {{")
    for label, degree, end in (("f32", f32, f32_high or high), ("f64", f64, high)):
        if degree is None:
            continue
        coefficients, error = remez(f, low, end, degree, weight)
        print(f"    .{label} = {{ // error 2^{float(log(error * scale, 2)):.1f}")
        for c in coefficients:
            print(f"        {float(c).hex()},")
        print("    },")
    print("};")


def constant(name, x, what):
    print(f"inline constexpr double {name} = {float(x).hex()}; // {what}")


def parts(name, x, bits, what):
    """x as a sum of numbers with so many bits each, the last with 53."""
    print(f"/// {what}")
    values = []
    for b in bits:
        if b is None:
            part = mpmathify(float(x))
        else:
            scale = mpf(2) ** (b - 1 - int(mp.floor(log(x, 2))))
            part = mp.floor(x * scale) / scale
        values.append(float(part).hex())
        x -= part
    print(f"inline constexpr double {name}[] = {{{', '.join(values)}}};")


HEADER = """//===- Coefficients.h - Polynomials of the vector mathematics --------------===//
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
"""


def main():
    ln2 = log(mpf(2))
    print(HEADER)
    constant("log2e", 1 / ln2, "1 / ln 2")
    parts("ln2F32", ln2, [12, None], "ln 2; the first part times 12 bits is exact")
    parts("ln2F64", ln2, [40, None], "ln 2; the first part times 13 bits is exact")
    parts("log2eF32", 1 / ln2, [12, None], "1 / ln 2")
    parts("log2eF64", 1 / ln2, [27, None], "1 / ln 2")
    constant("twoOverPi", 2 / pi, "2 / pi")
    parts("halfPi", pi / 2, [32, 32, 32, None], "pi / 2; parts times 21 bits are exact")
    parts("halfPiF32", pi / 2, [24, 24, 24], "pi / 2 in numbers of f32")
    parts("halfPiSum", pi / 2, [53, None], "pi / 2")
    half = ln2 / 2 * mpf("1.001")
    small = mpf(10) ** -20

    def power(n):
        """A weight: |x|^n, which is nowhere 0."""
        return lambda x: fabs(x) ** n + mpf(2) ** -40

    def series(f, low_order):
        """f near 0, where its formula cancels: the first term."""
        return lambda z: f(z) if fabs(z) > small else low_order

    emit("expTail", "(e^r - 1 - r) / r^2 for |r| <= ln 2 / 2",
         series(lambda r: (exp(r) - 1 - r) / r ** 2, mpf("0.5")), -half, half,
         power(1), scale=half * sqrt(mpf(2)), f32=4, f64=9)
    emit("exp2Tail", "(2^r - 1) / r for |r| <= 1/2",
         series(lambda r: (exp(r * ln2) - 1) / r, ln2), -mpf("0.5"), mpf("0.5"),
         power(1), scale=sqrt(mpf(2)), f32=5, f64=10)
    most = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1) * mpf("1.0001")
    emit("logTail", "(2 atanh(s) / s - 2) / s^2 of z = s^2, s = (m - 1) / (m + 1)",
         series(lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, mpf(2) / 3),
         0, most ** 2, power(1), scale=0.5, f64=6)
    emit("logFraction", "(log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2)",
         series(lambda f: (log(1 + f) - f + f ** 2 / 2) / f ** 3, mpf(1) / 3),
         sqrt(mpf("0.5")) - 1 - mpf(2) ** -20, sqrt(mpf(2)) - 1 + mpf(2) ** -20,
         power(2), f32=7)
    emit("logTail5", "(2 atanh(s) / s - 2 - 2 s^2 / 3) / s^4 of z = s^2",
         series(lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2 - 2 * z / 3) / z ** 2,
                mpf(2) / 5),
         0, most ** 2, power(2), scale=0.5, f64=7)
    quarter = (pi / 4 * mpf("1.01")) ** 2
    emit("sinTail", "(sin r / r - 1) / r^2 of z = r^2, |r| <= pi / 4",
         series(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, -mpf(1) / 6),
         0, quarter, power(1), f32=2, f64=5)
    emit("cosTail", "(cos r - 1 + r^2 / 2) / r^4 of z = r^2",
         series(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z ** 2, mpf(1) / 24),
         0, quarter, power(2), scale=sqrt(mpf(2)), f32=2, f64=5)
    emit("tanhTail", "(tanh x / x - 1) / x^2 of z = x^2, |x| <= 0.56",
         series(lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z, -mpf(1) / 3),
         0, mpf("0.56") ** 2, power(1), f32=4, f64=11)
    emit("sinhTail", "(sinh x / x - 1) / x^2 of z = x^2, |x| <= 1",
         series(lambda z: (sinh(sqrt(z)) / sqrt(z) - 1) / z, mpf(1) / 6),
         0, 1, power(1), f32=3, f64=6)
    emit("erfNear", "erf(x) / x - 1 of z = x^2, |x| <= 1",
         series(lambda z: erf(sqrt(z)) / sqrt(z) - 1, 2 / sqrt(pi) - 1),
         0, 1, f64=12)
    emit("erfLog", "-log(erfc(x)) / x - 1 for 0 <= x <= 4",
         series(lambda x: -log(erfc(x)) / x - 1, 2 / sqrt(pi) - 1), 0, 4,
         series(lambda x: x * erfc(x) / erf(x), sqrt(pi) / 2), f32=8)

    def scaled_erfc(q):
        x = 4 * (1 + q) / (1 - q)
        return (1 + 2 * x) * exp(x * x) * erfc(x)

    emit("erfcScaled", "(1 + 2x) e^(x^2) erfc(x) of q = (x - 4) / (x + 4), x <= 28",
         scaled_erfc, -1, mpf(24) / 32, lambda q: 1 / scaled_erfc(q), f32=11, f64=22,
         f32_high=mpf(7) / 15)
    eighth = (sqrt(mpf(2)) - 1) ** 2 * mpf("1.001")
    emit("atanTail", "(atan t / t - 1) / t^2 of z = t^2, |t| <= tan(pi / 8); f32: |t| <= 1",
         series(lambda z: (atan(sqrt(z)) / sqrt(z) - 1) / z, -mpf(1) / 3),
         0, eighth, power(1), f32=8, f64=10, f32_high=1)
    emit("asinTail", "(asin x / x - 1) / x^2 of z = x^2, |x| <= 1/2",
         series(lambda z: (asin(sqrt(z)) / sqrt(z) - 1) / z, mpf(1) / 6),
         0, mpf("0.25"), power(1), f32=4, f64=12)

    print("\n/// 2 / pi in words of 32 bits behind the point, two words of 0 before it.")
    words = [0, 0]
    mp.dps = 400
    rest = 2 / +pi
    for _ in range(40):
        rest *= 2 ** 32
        words.append(int(mp.floor(rest)))
        rest -= words[-1]
    print("inline constexpr int64_t twoOverPiWords[] = {")
    for i in range(0, len(words), 6):
        print("    " + " ".join(f"0x{w:08x}," for w in words[i:i + 6]))
    print("};")
    print("\n} // namespace agc::math\n\n#endif")


if __name__ == "__main__":
    main()
