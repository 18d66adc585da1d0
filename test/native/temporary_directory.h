#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

/** A directory that is removed with its owner. */
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/mpathd-test-XXXXXX";
    path_ = mkdtemp(name) == nullptr ? "" : name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << text;
  }

 private:
  std::string path_;
};
