#include "gateway/base/descriptor_limit.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

record::Gauges gauges(const Daemon& daemon) {
  record::Gauges gauges;
  gauges.memory_store = daemon.memory.stats();
  if (daemon.disk != nullptr) {
    gauges.disk_store = daemon.disk->store().stats();
    gauges.disk_store.refused += daemon.disk->dropped();  // what the disk could not keep up with
  }
  gauges.memory_budget = gauges.memory_store.budget;
  gauges.memory_used = gauges.memory_store.octets;
  gauges.rss = resident_memory();
  gauges.log_lines_dropped = daemon.log()->dropped();
  const auto policy = daemon.policies.current();
  gauges.policy_version = policy->version();
  gauges.policy_rules = policy->rules().size();
  gauges.policy_alarms = daemon.policies.alarm().empty() ? 0 : 1;
  const ListsStatus lists = daemon.lists.status();
  gauges.lists = lists.lists;
  gauges.list_octets = lists.octets;
  gauges.list_alarms = lists.alarms.size();
  gauges.start_time = daemon.started;
  gauges.workers = daemon.workers.size();
  gauges.open_descriptors = open_descriptors();
  gauges.descriptor_limit = descriptor_limit();
  return gauges;
}

}  // namespace sluice::control
