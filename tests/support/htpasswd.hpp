#pragma once

#include <string_view>

namespace sluice::support {

// Users with hashes of the cheapest cost that there is.
inline constexpr std::string_view kAlice =  // "open sesame"
    "alice:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n";
inline constexpr std::string_view kBob =  // "pässword:x"
    "bob:$2b$04$bcdefghijklmnopqrstuvOuteJJ08vlUYjCOJSPrUvseYbgWg4ASi\n";
inline constexpr std::string_view kCarol =  // ""
    "carol:$2a$04$cdefghijklmnopqrstuvweuVOtsXtJLrmMwZSS9BVg85rJ.ncatdu\n";
inline constexpr std::string_view kDave =  // "sesame"
    "dave:$6$rounds=1000$saltsalt$5Oji4y.RQw4TBqlwXcGLBsxSL7.Pw5hdIpFnzMJTl."
    "OaKsU3EiPTP5NseI3oKDT8iioErVqshwXGd40hlWBLx1\n";
inline constexpr std::string_view kErin =  // "sesame"
    "erin:$6$salt$14r3nF05sTyFT6Az9BZiefcxxdriB1dtvMNuQlud3vnILbBU4O2UmqOCZ7Uvskulee0.2lRLq3wyq7GYJOdU80\n";

}  // namespace sluice::support
