//===- AttentionText.h - Attention as who writes it by hand would ----------===//
#ifndef AGC_TESTS_CODEGEN_ATTENTIONTEXT_H
#define AGC_TESTS_CODEGEN_ATTENTIONTEXT_H

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

namespace agc {

struct AttentionCase {
  int batch = 1, heads = 1, queries = 1, keys = 1, features = 1, channels = 1;
  bool causal = false;
  enum Mask { None, Keys, Square, Given } mask = None;
  bool isBool = false; // the mask says which scores count, else it is added
  bool interleaved = false; // heads behind queries, as projections give them
  bool joined = false;      // so, and q, k and v are parts of one tensor, side by side
  std::string type = "f32";

  std::vector<int64_t> maskShape() const {
    switch (mask) {
    case None:
      return {};
    case Keys:
      return {batch, keys};
    case Square:
      return {queries, keys};
    case Given:
      return {batch, heads, queries, keys};
    }
    return {};
  }
};

inline void PrintTo(const AttentionCase &c, std::ostream *out) {
  *out << c.batch << "x" << c.heads << "x" << c.queries << "x" << c.keys << "x" << c.features << "x"
       << c.channels << (c.causal ? " causal" : "")
       << (c.joined ? " joined" : c.interleaved ? " interleaved" : "");
  if (c.mask)
    *out << (c.isBool ? " bool" : "") << " mask " << int(c.mask);
}

/// @f(q, k, v, seed, mask if there is one) -> (o, gradients of sum(o seed): q, k, v); of those
/// that are joined one argument and gradient for the three.
inline std::string textOf(const AttentionCase &c) {
  auto tensor = [](std::vector<int64_t> shape, const std::string &type) {
    std::string text = "tensor<";
    for (int64_t size : shape)
      text += std::to_string(size) + "x";
    return text + type + ">";
  };
  int64_t B = c.batch, H = c.heads, T = c.queries, S = c.keys, E = c.features, F = c.channels;
  auto given = [&](int64_t rows, int64_t columns) {
    return c.interleaved ? tensor({B, rows, H, columns}, c.type)
                         : tensor({B, H, rows, columns}, c.type);
  };
  auto plain = [&](int64_t rows, int64_t columns) { return tensor({B, H, rows, columns}, c.type); };
  std::string q = given(T, E), k = given(S, E), v = given(S, F), o = given(T, F);
  std::string s = tensor({B, H, T, S}, c.type), bits = tensor({B, H, T, S}, "i1"),
              places = tensor({B, H, T, S}, "i64"), rows = tensor({B, H, T}, c.type);
  std::string mask = tensor(c.maskShape(), c.isBool ? "i1" : c.type);
  std::string all = tensor({B, T, H * (2 * E + F)}, c.type);
  std::string text = "func.func @f(" +
                     (c.joined ? "%all: " + all : "%q: " + q + ", %k: " + k + ", %v: " + v) +
                     ", %seed: " + o;
  if (c.mask)
    text += ", %mask: " + mask;
  text += ") -> (" + o + ", " + (c.joined ? all : q + ", " + k + ", " + v) + ") {\n";
  int64_t from = 0;
  auto take = [&](const std::string &name, int64_t columns) {
    std::string part = tensor({B, T, H * columns}, c.type), to = std::to_string(from + H * columns);
    text += "  " + name + "part = agc.slice %all {starts = array<i64: 0, 0, " + std::to_string(from) +
            ">, limits = array<i64: " + std::to_string(B) + ", " + std::to_string(T) + ", " + to +
            ">, strides = array<i64: 1, 1, 1>} : " + all + " to " + part + "\n  " + name +
            " = agc.reshape " + name + "part : " + part + " to " + given(T, columns) + "\n";
    from += H * columns;
  };
  if (c.joined) {
    take("%q", E);
    take("%k", E);
    take("%v", F);
  }
  auto turn = [&](const std::string &name, const std::string &from, const std::string &to) {
    std::string result = name + "t";
    text += "  " + result + " = agc.transpose " + name + " {permutation = array<i64: 0, 2, 1, 3>} : " +
            from + " to " + to + "\n";
    return result;
  };
  std::string nq = "%q", nk = "%k", nv = "%v";
  if (c.interleaved) {
    nq = turn("%q", q, plain(T, E));
    nk = turn("%k", k, plain(S, E));
    nv = turn("%v", v, plain(S, F));
  }
  double scale = 1 / std::sqrt(double(E));
  text += "  %c = agc.constant {value = " + std::to_string(scale) + " : f64} : " + plain(T, E) + "\n" +
          "  %qs = agc.mul " + nq + ", %c : " + plain(T, E) + "\n" + "  %s0 = agc.einsum %qs, " + nk +
          " {spec = \"abmk,abnk->abmn\"} : (" + plain(T, E) + ", " + plain(S, E) + ") -> " + s + "\n" +
          "  %low = agc.constant {value = 0xFFF0000000000000 : f64} : " + s + "\n";
  std::string x = "%s0";
  if (c.causal) {
    text += "  %i = agc.iota {dimension = 2 : i64} : " + places + "\n" +
            "  %j = agc.iota {dimension = 3 : i64} : " + places + "\n" +
            "  %seen = agc.compare \"ge\" %i, %j : " + places + "\n" + "  %s1 = agc.select %seen, " +
            x + ", %low : " + s + "\n";
    x = "%s1";
  }
  if (c.mask) {
    const char *dimensions[] = {"", "0, 3", "2, 3", "0, 1, 2, 3"};
    std::string m = "%mask";
    if (c.mask != AttentionCase::Given) {
      text += std::string("  %m = agc.broadcast %mask {dimensions = array<i64: ") +
              dimensions[c.mask] + ">} : " + mask + " to " + (c.isBool ? bits : s) + "\n";
      m = "%m";
    }
    text += c.isBool ? "  %s2 = agc.select " + m + ", " + x + ", %low : " + s + "\n"
                     : "  %s2 = agc.add " + x + ", " + m + " : " + s + "\n";
    x = "%s2";
  }
  text += "  %max = agc.reduce_max " + x + " {dimensions = array<i64: 3>} : " + s + " to " + rows + "\n" +
          "  %stop = agc.stop_gradient %max : " + rows + "\n" +
          "  %maxs = agc.broadcast %stop {dimensions = array<i64: 0, 1, 2>} : " + rows + " to " + s +
          "\n  %less = agc.sub " + x + ", %maxs : " + s + "\n  %e = agc.exp %less : " + s +
          "\n  %sum = agc.reduce_sum %e {dimensions = array<i64: 3>} : " + s + " to " + rows +
          "\n  %sums = agc.broadcast %sum {dimensions = array<i64: 0, 1, 2>} : " + rows + " to " + s +
          "\n  %p = agc.div %e, %sums : " + s + "\n  %o = agc.einsum %p, " + nv +
          " {spec = \"abmk,abkn->abmn\"} : (" + s + ", " + plain(S, F) + ") -> " + plain(T, F) + "\n";
  std::string result = "%o";
  if (c.interleaved)
    result = turn("%o", plain(T, F), o);
  if (c.joined)
    return text + "  %d = agc.gradient " + result + ", %seed, %all {outputs = 1 : i64} : (" + o + ", " +
           o + ", " + all + ") -> " + all + "\n  return " + result + ", %d : " + o + ", " + all + "\n}\n";
  text += "  %d:3 = agc.gradient " + result + ", %seed, %q, %k, %v {outputs = 1 : i64} : (" + o + ", " +
          o + ", " + q + ", " + k + ", " + v + ") -> (" + q + ", " + k + ", " + v + ")\n" +
          "  return " + result + ", %d#0, %d#1, %d#2 : " + o + ", " + q + ", " + k + ", " + v + "\n}\n";
  return text;
}

} // namespace agc

#endif
