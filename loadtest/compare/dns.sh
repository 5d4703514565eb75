#!/usr/bin/env bash
# sixgate's DNS beside Knot with the same names, asked by dnsperf over loopback, in turns in one run.
#
# usage: loadtest/compare/dns.sh [ROUNDS] [SECONDS]     (default 5 rounds, 5 s each; needs a built tree and the Debian packages
#        dnsperf knot wireguard-tools)
# 1,000 apps of 3 instances; of the questions 80 % are AAAA of an app, 10 % A (no record), 10 % names that do not exist. One round
# warms up and is not counted. CPU is user + system time of the server's process; dnsperf shares the machine, so compare CPU, not rates.
set -euo pipefail
rounds=${1:-5} seconds=${2:-5}
root=$(cd "$(dirname "$0")/../.." && pwd)
for program in dnsperf knotd wg; do
  command -v $program >/dev/null || { echo "$program is missing: apt-get install dnsperf knot wireguard-tools" >&2; exit 1; }
done
jar=$(ls "$root"/edge-proxy/target/edge-proxy-*-all.jar 2>/dev/null | head -1) || true
[ -n "$jar" ] || { echo "build first: mvn -DskipTests package" >&2; exit 1; }
java=$("$root/sixgate" dev jdk --print)/bin/java

dir=$(mktemp -d /tmp/sixgate-dns.XXXXXX) pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
port=$((20000 + $$ % 20000)) knot_port=$((20001 + $$ % 20000))

(umask 077; wg genkey >"$dir/edge.wgkey"); peer=$(wg genkey | wg pubkey)
{
  printf '{ "edge": { "addresses": ["127.0.0.1"], "region": "fra" }, "admin": { "listen": "unix:admin.sock" },\n'
  printf '"mesh": { "private_key": { "file": "edge.wgkey" }, "address": "fdaa:0:48c8:e001:1::/80",\n'
  printf '  "peers": [ { "public_key": "%s", "allowed_ips": ["fdaa:0:48c8:a7b::/64"] } ] },\n' "$peer"
  printf '"dns": { "listen": ["127.0.0.1:%d"], "zones": ["internal"] },\n"apps": {\n' $port
} >"$dir/sixgate.json"
printf '$ORIGIN internal.\n$TTL 5\n@ IN SOA ns hostmaster 1 60 10 3600 5\n@ IN NS ns\n' >"$dir/internal.zone"
for i in $(seq 1000); do
  printf -v h %x "$i"; members= comma=,
  [ "$i" != 1 ] || comma=
  for j in 1 2 3; do
    members+="${members:+, }\"fdaa:0:48c8:a7b:228:$h:$j:2\""
    printf 'app-%d IN AAAA fdaa:0:48c8:a7b:228:%s:%d:2\n' "$i" "$h" $j >>"$dir/internal.zone"
  done
  printf '%s"app-%d": { "backends": [%s], "services": [ { "name": "http", "internal_port": 8080 } ] }\n' "$comma" "$i" "$members" >>"$dir/sixgate.json"
  for _ in 1 2 3 4 5 6 7 8; do printf 'app-%d.internal AAAA\n' $((RANDOM % 1000 + 1)); done
  printf 'app-%d.internal A\nnobody-%d.internal AAAA\n' "$i" "$i"
done >"$dir/questions"
printf '} }\n' >>"$dir/sixgate.json"
cat >"$dir/knot.conf" <<CONF
server:
    rundir: "$dir"
    listen: 127.0.0.1@$knot_port
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "$dir"
zone:
  - domain: internal.
    storage: "$dir"
    file: "internal.zone"
    journal-content: none
CONF
knotd -c "$dir/knot.conf" >"$dir/knot.log" 2>&1 & knot=$!; pids+=($knot)
"$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xms64m -Xmx256m -XX:+UseSerialGC -jar "$jar" run "$dir/sixgate.json" >"$dir/sixgate.log" 2>&1 & edge=$!; pids+=($edge)
ask() { dnsperf -s 127.0.0.1 -p "$1" -d "$dir/questions" -c 8 -q 200 -t 1 -l "$2"; }
for p in $port $knot_port; do
  up=
  for _ in $(seq 100); do ask "$p" 0.1 2>/dev/null | grep -q NOERROR && { up=1; break; } || sleep 0.1; done
  [ -n "$up" ] || { echo "nobody answers on port $p:" >&2; cat "$dir"/*.log >&2; exit 1; }
done

cpu() { awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"; } # ms
measure() { # name pid port
  local before after
  before=$(cpu "$2"); ask "$3" "$seconds" >"$dir/out"; after=$(cpu "$2")
  awk -v name="$1" -v ms=$((after - before)) '
    /Queries completed/ { done = $3 } /Queries lost/ { lost = $3 } /Queries per second/ { rate = $4 } /Response codes/ { codes = substr($0, index($0, ":") + 2) }
    END { printf "%-8s %7d queries/s  %5.2f us CPU a query  %d lost  %s\n", name, rate, ms * 1000 / done, lost, codes }' "$dir/out"
}
measure sixgate $edge $port >/dev/null; measure knot $knot $knot_port >/dev/null
for _ in $(seq "$rounds"); do measure sixgate $edge $port; measure knot $knot $knot_port; done | tee "$dir/rounds"
median() { grep "^$1 " "$dir/rounds" | awk -v f="$2" '{ print $f }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "medians: sixgate $(median sixgate 4) us, knot $(median knot 4) us, ratio $(awk -v a="$(median sixgate 4)" -v b="$(median knot 4)" 'BEGIN { printf "%.2f", a / b }')"
