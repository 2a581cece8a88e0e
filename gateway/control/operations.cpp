#include "gateway/control/operations.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "gateway/control/cache_commands.hpp"
#include "gateway/control/cache_explain.hpp"
#include "gateway/control/cache_list.hpp"
#include "gateway/control/commands.hpp"

namespace sluice::control {
namespace {

template <typename Arguments, typename Result>
Task<Answer<Json>> run_typed(Task<Answer<Result>> (*run)(Daemon&, Mailbox&, Arguments), Daemon& daemon,
                             Mailbox& mailbox, const Request& request) {
  auto arguments = arguments_of<Arguments>(request);
  if (!arguments) { co_return std::unexpected(arguments.error()); }
  const auto result = co_await run(daemon, mailbox, std::move(*arguments));
  if (!result) { co_return std::unexpected(result.error()); }
  co_return Json(*result);
}

template <auto kRun>
Task<Answer<Json>> run(Daemon& daemon, Mailbox& mailbox, const Request& request) {
  return run_typed(kRun, daemon, mailbox, request);
}

struct Operation {
  std::string_view name;
  Task<Answer<Json>> (*run)(Daemon&, Mailbox&, const Request&);
};
constexpr std::array kOperations{
    Operation{command::kCacheShow, &run<show_stored>},       Operation{command::kCachePurge, &run<purge_stored>},
    Operation{command::kCacheList, &run<list_stored>},       Operation{command::kCacheTop, &run<list_top>},
    Operation{command::kCacheExplain, &run<explain_lookup>},
};

}  // namespace

bool is_operation(const Request& request) noexcept {
  return std::ranges::find(kOperations, request.command, &Operation::name) != kOperations.end();
}

Task<Answer<Json>> run_operation(Daemon& daemon, Mailbox& mailbox, const Request& request) {
  const auto operation = std::ranges::find(kOperations, request.command, &Operation::name);
  try {
    auto answer = co_await operation->run(daemon, mailbox, request);
    co_return answer;
  } catch (const std::exception& exception) { co_return std::unexpected(failure_of(request, exception)); }
}

}  // namespace sluice::control
