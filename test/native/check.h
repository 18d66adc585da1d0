#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

/** Tests of one binary: TEST(name) { CHECK(...); CHECK_EQ(actual, expected); } */
namespace check {

struct Case {
  const char* name;
  void (*run)();
};

inline std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

struct Register {
  Register(const char* name, void (*run)()) { Cases().push_back({name, run}); }
};

inline int& Failures() {
  static int failures = 0;
  return failures;
}

inline void Report(const char* file, int line, const std::string& what) {
  ++Failures();
  std::printf("%s:%d: %s\n", file, line, what.c_str());
}

inline std::string Show(const std::string& value) { return "\"" + value + "\""; }
inline std::string Show(const char* value) { return value == nullptr ? "null" : Show(std::string(value)); }
inline std::string Show(bool value) { return value ? "true" : "false"; }
template <class Number>
std::string Show(const Number& value) {
  return std::to_string(value);
}

template <class A, class B>
void Equal(const char* file, int line, const char* text, const A& actual, const B& expected) {
  if (!(actual == expected)) Report(file, line, std::string(text) + " is " + Show(actual) + ", not " + Show(expected));
}

}  // namespace check

#define TEST(name)                                           \
  static void name();                                        \
  static const check::Register register_##name(#name, name); \
  static void name()

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) check::Report(__FILE__, __LINE__, "not true: " #condition); \
  } while (0)

#define CHECK_EQ(actual, expected) check::Equal(__FILE__, __LINE__, #actual, actual, expected)

int main() {
  int failed = 0;
  for (const check::Case& test : check::Cases()) {
    const int before = check::Failures();
    test.run();
    const bool ok = check::Failures() == before;
    std::printf("%s %s\n", ok ? "ok    " : "FAILED", test.name);
    if (!ok) ++failed;
  }
  std::printf("%zu tests, %d failed\n", check::Cases().size(), failed);
  return failed == 0 && !check::Cases().empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
