#pragma once

#include <string>

#include "policy/report.hpp"
#include "policy/time_syntax.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// `mon-fri 08:00-18:00, sat 09:00-12:00 Europe/Berlin`, or names of times; and its canonical text. False when an error
// was reported.
bool parse_times(TokenStream& tokens, Report& report, TimeTerms& terms, std::string& text);

// `2026-12-31 18:00 Europe/Berlin`, likewise.
bool parse_day_time(TokenStream& tokens, Report& report, DayTime& time, std::string& text);

// The line behind `time`.
TimeSyntax parse_time_definition(TokenStream& tokens, Report& report);

}  // namespace sluice::policy
