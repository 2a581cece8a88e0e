#include "tools/sluice/completion.hpp"

#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) { names.push_back("--" + name); }
  for (const std::string& name : option.get_snames()) { names.push_back("-" + name); }
  return names;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// Every option that a command takes, its parents' included.
std::string options_of(const CLI::App& command) {
  std::string out;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* const option : app->get_options()) {
      for (const std::string& name : names_of(*option)) { out += (out.empty() ? "" : " ") + name; }
    }
  }
  return out;
}

// Options of the whole tree behind which a value stands.
void collect_options_with_value(const CLI::App& app, std::set<std::string>& names) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_items_expected_max() == 0) { continue; }
    for (const std::string& name : names_of(*option)) { names.insert(name); }
  }
  for (const CLI::App* const command : commands_of(app)) { collect_options_with_value(*command, names); }
}

std::string pattern_of_options_with_value(const CLI::App& app) {
  std::set<std::string> names;
  collect_options_with_value(app, names);
  names.erase("--socket");  // the script looks at its value
  std::string out;
  for (const std::string& name : names) { out += (out.empty() ? "" : "|") + name; }
  return out;
}

std::string command_names(const CLI::App& app) {
  std::string out;
  for (const CLI::App* const command : commands_of(app)) { out += (out.empty() ? "" : " ") + command->get_name(); }
  return out;
}

// One line of the `case` that knows what may follow the words so far.
void append_case(const std::string& path, const CLI::App& command, std::string& out) {
  out += "    '" + path + "') words='" + command_names(command) + "'; options='" + options_of(command) + "' ;;\n";
  for (const CLI::App* const below : commands_of(command)) {
    append_case(path.empty() ? below->get_name() : path + " " + below->get_name(), *below, out);
  }
}

constexpr const char* kRuleIds = R"bash(# bash completion of sluice. Load it with: source <(sluice completion bash)
_sluice_rule_ids() {
  "${COMP_WORDS[0]}" "$@" policy list -o json 2>/dev/null | sed -n 's/^ *"id": "\([^"]*\)".*/\1/p'
}
)bash";

constexpr const char* kWordsSoFar = R"bash(
_sluice() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' options='' i word
  local -a socket=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$word" in
      --socket) socket=(--socket "${COMP_WORDS[i+1]}"); ((i++)) ;;
      @WITH_VALUE@) ((i++)) ;;
      -*) ;;
      *)
        case "$path" in
          status|drain|pac|*' '*) ;;
          *) path="${path:+$path }$word" ;;
        esac ;;
    esac
  done
  case "$previous" in
    -o|--output) COMPREPLY=($(compgen -W 'table json' -- "$current")); return ;;
    --scheme) COMPREPLY=($(compgen -W 'http https' -- "$current")); return ;;
    --protocol) COMPREPLY=($(compgen -W 'tcp udp' -- "$current")); return ;;
    --method) COMPREPLY=($(compgen -W 'GET HEAD POST PUT DELETE CONNECT OPTIONS PATCH' -- "$current")); return ;;
    --socket|--policy|--log) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
)bash";

constexpr const char* kReply = R"bash(  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  case "$path" in
    'policy remove') words="$(_sluice_rule_ids "${socket[@]}")" ;;
    'policy check'|'policy fmt'|'policy apply'|'policy diff'|'policy replay'|'config check') COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _sluice sluice
)bash";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  static constexpr std::string_view kMark = "@WITH_VALUE@";
  std::string words_so_far = kWordsSoFar;
  words_so_far.replace(words_so_far.find(kMark), kMark.size(), pattern_of_options_with_value(app));
  std::string out = kRuleIds + words_so_far;
  append_case("", app, out);
  return out + kReply;
}

void add_completion(CLI::App& app, Context& context) {
  CLI::App* const completion = app.add_subcommand("completion", "Completion for a shell");
  completion->require_subcommand(1);
  completion->fallthrough();
  CLI::App* const bash = completion->add_subcommand("bash", "source <(sluice completion bash)");
  bash->fallthrough();
  bash->callback([&app, &context] {
    context.action = [&app] {
      print(bash_completion(app));
      return static_cast<int>(kOk);
    };
  });
}

}  // namespace sluice::cli
