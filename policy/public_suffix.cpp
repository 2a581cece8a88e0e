#include "policy/public_suffix.hpp"

#include <libpsl.h>

namespace sluice::policy {

bool is_public_suffix(const std::string& name) {
  const psl_ctx_t* const list = psl_builtin();
  // Without the rule for whatever is in no list, or every single label would be one.
  return list != nullptr && psl_is_public_suffix2(list, name.c_str(), PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

}  // namespace sluice::policy
