#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mpathd {

/** Bytes as hex text, two lower-case digits for each byte. */
std::string HexOf(const std::vector<uint8_t>& bytes);

/** The bytes of a hex text, in lower or upper case; nothing if the text is not whole bytes of hex digits. */
std::optional<std::vector<uint8_t>> BytesOfHex(std::string_view text);

}  // namespace mpathd
