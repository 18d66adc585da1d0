#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mpathd {

/** Bytes as text, two lower-case digits each. */
std::string HexOf(const std::vector<uint8_t>& bytes);

/** The bytes of such a text, in either case; none if it is not whole bytes of hex digits. */
std::optional<std::vector<uint8_t>> BytesOfHex(std::string_view text);

}  // namespace mpathd
