#include "policy/pac.hpp"

namespace sluice::policy {
namespace {

// What the decisions are written in: ES3, for every reader of such files. Names are not resolved, so that no client
// waits for one.
constexpr std::string_view kFunctions = R"js(
var LOOPBACK = [[0, 0, 0, 0, 0, 65535, 32512, 1], [0, 0, 0, 0, 0, 0, 0, 1]];

function below(host, name) {
  var at = host.length - name.length;
  return at >= 0 && host.substring(at) == name && (at == 0 || host.charAt(at - 1) == ".");
}

// "10.1.2.3" and "2001:db8::1" as eight numbers of 16 bits, IPv4 in its mapped form; null for names.
function addressOf(host) {
  var colon = host.lastIndexOf(":");
  var last = ipv4Of(host.substring(colon + 1));
  if (colon < 0) { return last; }
  if (last != null) { host = host.substring(0, colon + 1) + last[6].toString(16) + ":" + last[7].toString(16); }
  var halves = host.split("::");
  var groups = groupsOf(halves[0]);
  if (halves.length > 1) {
    var behind = groupsOf(halves[1]);
    while (groups.length + behind.length < 8) { groups.push(0); }
    groups = groups.concat(behind);
  }
  for (var i = 0; i < groups.length; i++) {
    if (isNaN(groups[i])) { return null; }
  }
  return groups.length == 8 ? groups : null;
}

function ipv4Of(host) {
  if (!/^(0|[1-9][0-9]*)([.](0|[1-9][0-9]*)){3}$/.test(host)) { return null; }
  var part = host.split(".");
  for (var i = 0; i < 4; i++) {
    if (part[i] > 255) { return null; }
  }
  return [0, 0, 0, 0, 0, 65535, part[0] * 256 + part[1] * 1, part[2] * 256 + part[3] * 1];
}

function groupsOf(text) {
  var groups = text == "" ? [] : text.split(":");
  for (var i = 0; i < groups.length; i++) { groups[i] = parseInt(groups[i], 16); }
  return groups;
}

// `net`: eight numbers, and how many of their bits count.
function within(address, net) {
  if (address == null) { return false; }
  for (var i = 0, bits = net[8]; i < 8 && bits > 0; i++, bits -= 16) {
    var ignored = bits >= 16 ? 0 : 16 - bits;
    if (address[i] >> ignored != net[i] >> ignored) { return false; }
  }
  return true;
}

function withinOne(address, nets) {
  for (var i = 0; i < nets.length; i++) {
    if (within(address, nets[i])) { return true; }
  }
  return false;
}

function mayBeWithin(addresses, nets) {
  for (var i = 0; i < addresses.length; i++) {
    if (withinOne(addresses[i], nets)) { return true; }
  }
  return false;
}

function areWithin(addresses, nets) {
  for (var i = 0; i < addresses.length; i++) {
    if (!withinOne(addresses[i], nets)) { return false; }
  }
  return addresses.length > 0;
}

function portOf(url, usual) {
  var authority = url.substring(url.indexOf("://") + 3).split(/[\/?#]/)[0];
  authority = authority.substring(authority.lastIndexOf("@") + 1);
  var port = /:([0-9]+)$/.exec(authority);
  return port == null ? usual : port[1] * 1;
}

function FindProxyForURL(url, host) {
  var scheme = url.substring(0, url.indexOf(":")).toLowerCase();
  var plain = scheme == "http";  // the rest is asked for by CONNECT
  if (!plain && scheme != "https" && scheme != "ws" && scheme != "wss") { return PROXY; }
  host = host.toLowerCase().replace(/^\[|\]$/g, "").replace(/[.]$/, "");
  var port = portOf(url, plain || scheme == "ws" ? 80 : 443);
  var address = addressOf(host);
  // Another spelling of an address, or of a name.
  var isOdd = !/^[a-z0-9._-]+$/.test(host) || /(^|[.])([0-9]+|0x[0-9a-f]*)$/.test(host);
  if (address == null && isOdd) { return PROXY; }
  var addresses = address != null ? [address] : below(host, "localhost") ? LOOPBACK : [];
  var isName = addresses.length == 0;
)js";

}  // namespace

std::string pac_text(const Pac& pac, std::string_view proxy) {
  std::string out = "// Proxy auto-configuration, made by Sluice from the bypass rules of its policy.\n";
  // Anybody may fetch the file: how many rules, and nothing of what they hold.
  if (!pac.unsaid.empty()) {
    out += "// Bypass rules that are not said here, so that the gateway decides: " + std::to_string(pac.unsaid.size()) +
           ". `sluice pac` names them.\n";
  }
  out += "var PROXY = \"PROXY " + std::string(proxy) + "\";\nvar DIRECT = \"DIRECT\";\n";
  out += kFunctions;
  out += pac.decisions;
  return out += "  return PROXY;\n}\n";
}

}  // namespace sluice::policy
