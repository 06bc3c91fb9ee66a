//===- walk.cpp - The vector mathematics against the C library -------------===//
//
// Compiles each function as a graph is compiled, walks its arguments and prints
// the largest error, as the table in docs/math.md.
//
//   agc-math-walk --all               every f32 (two minutes a function and core)
//   agc-math-walk --stride=4099       every 4099th
//   agc-math-walk --f64 --samples=1000000
//   agc-math-walk --time              nanoseconds an element
//
// Also --function=NAME, --threads=N and --cpu=NAME. Leaves with 1 if a function
// is further off than promised, or wrong in kind (Functions.h).
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/CompiledText.h"
#include "tests/math/Functions.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

using namespace agc;

namespace {

struct Options {
  uint64_t stride = 4099;
  uint64_t samples = 1 << 20;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  bool isF64 = false, isTimed = false;
  std::string function, cpu = "native";
};

/// Not a multiple of any vector: the last ones are a remainder.
constexpr size_t chunk = 4095;

template <typename T> std::string program(const char *name, int arguments) {
  std::string type = "tensor<" + std::to_string(chunk) + "x" + MathType<T>::name + ">";
  return "func.func @f(%x: " + type + (arguments == 2 ? ", %y: " + type : "") +
         ") -> " + type + " {\n  %z = agc." + name + (arguments == 2 ? " %x, %y : " : " %x : ") +
         type + "\n  return %z : " + type + "\n}";
}

/// The largest error, and the arguments where it is.
template <typename T> struct Worst {
  double error = -1;
  T x = 0, y = 0;
  T result = 0;
  uint64_t count = 0, numWrong = 0;

  void see(double e, T atX, T atY, T z) {
    numWrong += std::isinf(e);
    if (e > error)
      error = e, x = atX, y = atY, result = z;
  }
  void join(const Worst &other) {
    count += other.count, numWrong += other.numWrong;
    if (other.error > error || (other.error == error && other.x < x))
      error = other.error, x = other.x, y = other.y, result = other.result;
  }
};

template <typename T> T fromBits(uint64_t bits) {
  return std::bit_cast<T>(typename MathType<T>::Bits(bits));
}

/// Where special things happen: next to each power of 2, and around 0.
template <typename T> std::vector<T> edges() {
  int bits = 8 * sizeof(T), fraction = std::numeric_limits<T>::digits - 1;
  std::vector<T> result;
  for (uint64_t high = 0; high < uint64_t(1) << (bits - fraction); ++high)
    for (uint64_t low : {-2, -1, 0, 1, 2})
      result.push_back(fromBits<T>((high << fraction) + low));
  return result;
}

/// One thread's part: fills chunks of arguments, runs, compares.
template <typename T> class Walker {
public:
  Walker(const std::string &text, const std::string &cpu)
      : f(text, /*reference=*/false, cpu), x(chunk), y(chunk), z(chunk) {}

  template <typename Exact> void run(size_t count, bool isBinary, Exact exact) {
    std::vector<void *> arguments = {x.data()};
    if (isBinary)
      arguments.push_back(y.data());
    if (f(arguments, {z.data()}) != 0)
      throw std::runtime_error("the function failed");
    for (size_t i = 0; i < count; ++i)
      worst.see(ulpError<T>(z[i], exact(i)), x[i], y[i], z[i]);
    worst.count += count;
  }

  CompiledText f;
  std::vector<T> x, y, z;
  Worst<T> worst;
};

template <typename T>
void print(const char *name, bool isBinary, const Worst<T> &worst) {
  std::printf("| `%s` | %s | %llu | %.3f | `%.9g`", name, MathType<T>::name,
              static_cast<unsigned long long>(worst.count), worst.error, double(worst.x));
  if (isBinary)
    std::printf(", `%.9g`", double(worst.y));
  if (worst.numWrong)
    std::printf(" gives `%.9g`; %llu are wrong", double(worst.result),
                static_cast<unsigned long long>(worst.numWrong));
  std::printf(" |\n");
  std::fflush(stdout);
}

/// Splits [0, total) among the threads.
template <typename T, typename Body>
Worst<T> inThreads(const Options &options, const std::string &text, uint64_t total, Body body) {
  Worst<T> worst;
  std::mutex mutex;
  std::atomic<uint64_t> next = 0;
  std::string failure;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < options.threads; ++t)
    threads.emplace_back([&] {
      try {
        Walker<T> walker(text, options.cpu);
        for (uint64_t begin; (begin = next.fetch_add(chunk)) < total;)
          body(walker, begin, std::min<uint64_t>(chunk, total - begin));
        std::lock_guard lock(mutex);
        worst.join(walker.worst);
      } catch (std::exception &error) {
        std::lock_guard lock(mutex);
        failure = error.what();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  if (!failure.empty())
    throw std::runtime_error(failure);
  return worst;
}

/// f32: all that the stride meets. f64: a random one in each power of 2, and as
/// many within 64, where functions change; the edges for both.
template <typename T, typename Exact>
Worst<T> walkUnary(const Options &options, const char *name, Exact exact) {
  std::vector<T> special = edges<T>();
  uint64_t walked = sizeof(T) == 4 ? ((uint64_t(1) << 32) + options.stride - 1) / options.stride
                                   : options.samples;
  auto fill = [&](Walker<T> &w, uint64_t begin, uint64_t count) {
    std::mt19937_64 random(begin);
    std::uniform_real_distribution<T> near(-64, 64);
    for (uint64_t i = 0, at = begin; i < count; ++i, ++at)
      if (at >= walked)
        w.x[i] = special[at - walked];
      else if (sizeof(T) == 4)
        w.x[i] = fromBits<T>(at * options.stride);
      else
        w.x[i] = at & 1 ? near(random) : fromBits<T>(random());
    w.run(count, false, [&](size_t i) { return exact(w.x[i]); });
  };
  return inThreads<T>(options, program<T>(name, 1), walked + special.size(), fill);
}

/// Bases and exponents of any size, and such as give a finite power; integers,
/// whose powers are exact; and edges with edges.
template <typename T, typename Exact>
Worst<T> walkBinary(const Options &options, const char *name, Exact exact) {
  std::vector<T> special = edges<T>();
  auto fill = [&](Walker<T> &w, uint64_t begin, uint64_t count) {
    std::mt19937_64 random(begin);
    std::uniform_real_distribution<T> unit(0, 1);
    T most = std::numeric_limits<T>::max_exponent;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t bits = random();
      T x = fromBits<T>(random()), y = fromBits<T>(random());
      switch (bits & 3) {
      case 0:
        x = special[random() % special.size()];
        y = special[random() % special.size()];
        break;
      case 1:
        x = std::exp2(std::ldexp(2 * unit(random) - 1, int(random() % 12) - 4));
        y = (2 * unit(random) - 1) * most * T(1.1) / std::max(std::fabs(std::log2(x)), T(1e-3));
        break;
      case 2:
        x = T(int(random() % 200) - 100);
        y = T(int(random() % 40) - 20) / (bits & 4 ? 1 : 2);
        break;
      }
      w.x[i] = x, w.y[i] = y;
    }
    w.run(count, true, [&](size_t i) { return exact(w.x[i], w.y[i]); });
  };
  return inThreads<T>(options, program<T>(name, 2), options.samples, fill);
}

/// The best of some runs over arguments between 0 and 4, in cache.
template <typename T> void time(const Options &options, const char *name, int arguments) {
  Walker<T> w(program<T>(name, arguments), options.cpu);
  std::mt19937 random(1);
  std::uniform_real_distribution<T> uniform(0, name[0] == 'a' ? 1 : 4);
  for (size_t i = 0; i < chunk; ++i)
    w.x[i] = uniform(random), w.y[i] = uniform(random);
  std::vector<void *> in = {w.x.data()}, out = {w.z.data()};
  if (arguments == 2)
    in.push_back(w.y.data());
  double best = 1e9;
  for (int run = 0; run < 50; ++run) {
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i)
      w.f(in, out);
    std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - begin;
    best = std::min(best, elapsed.count() / (20 * chunk));
  }
  std::printf("| `%s` | %s | %.2f |\n", name, MathType<T>::name, best);
}

template <typename T> bool walk(const Options &options) {
  bool isGood = true;
  auto wanted = [&](const char *name) {
    return options.function.empty() || options.function == name;
  };
  auto report = [&](const char *name, bool isBinary, const Worst<T> &worst) {
    print(name, isBinary, worst);
    isGood &= worst.error <= MathType<T>::bound;
  };
  for (const MathFunction &function : mathFunctions) {
    if (!wanted(function.name))
      continue;
    if (options.isTimed)
      time<T>(options, function.name, 1);
    else
      report(function.name, false, walkUnary<T>(options, function.name, [&](T x) {
               if constexpr (sizeof(T) == 4)
                 return function.ofDouble(x);
               else
                 return function.ofLongDouble(x);
             }));
  }
  for (const MathFunction2 &function : mathFunctions2) {
    if (!wanted(function.name))
      continue;
    if (options.isTimed)
      time<T>(options, function.name, 2);
    else
      report(function.name, true, walkBinary<T>(options, function.name, [&](T x, T y) {
               if constexpr (sizeof(T) == 4)
                 return function.ofDouble(x, y);
               else
                 return function.ofLongDouble(x, y);
             }));
  }
  return isGood;
}

bool parse(int argc, char **argv, Options &options) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    auto value = [&](std::string_view flag) {
      return argument.starts_with(flag) ? argument.substr(flag.size()) : std::string_view();
    };
    if (argument == "--all")
      options.stride = 1;
    else if (argument == "--f64")
      options.isF64 = true;
    else if (argument == "--time")
      options.isTimed = true;
    else if (auto v = value("--function="); !v.empty())
      options.function = v;
    else if (auto v = value("--cpu="); !v.empty())
      options.cpu = v;
    else if (auto v = value("--stride="); !v.empty())
      options.stride = std::max(1ull, std::strtoull(v.data(), nullptr, 10));
    else if (auto v = value("--samples="); !v.empty())
      options.samples = std::strtoull(v.data(), nullptr, 10);
    else if (auto v = value("--threads="); !v.empty())
      options.threads = std::max(1ul, std::strtoul(v.data(), nullptr, 10));
    else
      return false;
  }
  auto named = [&](const auto &function) { return options.function == function.name; };
  return options.function.empty() || std::ranges::any_of(mathFunctions, named) ||
         std::ranges::any_of(mathFunctions2, named);
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs("usage: agc-math-walk [--all | --stride=N] [--f64] [--samples=N] [--time]\n"
               "                     [--function=NAME] [--threads=N] [--cpu=NAME]\n",
               stderr);
    return 2;
  }
  try {
    std::puts(options.isTimed ? "| function | type | ns |\n|---|---|---|"
                              : "| function | type | arguments | worst ULP | at |\n"
                                "|---|---|---|---|---|");
    return (options.isF64 ? walk<double>(options) : walk<float>(options)) ? 0 : 1;
  } catch (std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 70;
  }
}
