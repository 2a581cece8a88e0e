#pragma once

#include <string>
#include <string_view>

#include "gateway/http/error_page.hpp"

namespace sluice::http {

// The content of a generated answer. Every text in it is escaped; octets that are no UTF-8 become U+FFFD.
void append_html_content(const GeneratedAnswer& answer, std::string& out);
void append_json_content(const GeneratedAnswer& answer, std::string& out);

void append_html_text(std::string_view text, std::string& out);    // for text and double-quoted attributes
void append_json_string(std::string_view text, std::string& out);  // with its quotes

// The headline: "Blocked by policy" for a denial, else what failed in a few words.
std::string_view title_of(const GeneratedAnswer& answer) noexcept;

}  // namespace sluice::http
