#!/usr/bin/env bash
# sixgate beside nginx + wireguard-go, interleaved in one run, each edge in a namespace of its own:
#
#   client ── edge A: sixgate (nobody, no capability)      ──┐
#          └─ edge B: wireguard-go + nginx (http, stream)  ──┴─ node: wireguard-go + nginx + iperf3
#
# usage: loadtest/compare/tunnel.sh [ROUNDS] [SECONDS]     (default 5 rounds, 5 s each; needs root, a built tree, and the
#        Debian packages wireguard-go wireguard-tools nginx libnginx-mod-stream iperf3 jq nghttp2-client)
# prints one line a round, then medians: throughput, CPU seconds per GiB and CPU milliseconds per 1000 requests, where CPU is
# user + system time of all processes of that edge.
set -euo pipefail
rounds=${1:-5} seconds=${2:-5}
root=$(cd "$(dirname "$0")/../.." && pwd)
for program in wireguard-go wg nginx iperf3 h2load jq setpriv; do
  command -v $program >/dev/null || { echo "$program is missing: apt-get install wireguard-go wireguard-tools nginx libnginx-mod-stream iperf3 jq nghttp2-client" >&2; exit 1; }
done
jar=$(ls "$root"/edge-proxy/target/edge-proxy-*-all.jar 2>/dev/null | head -1) || true
[ -n "$jar" ] || { echo "build first: mvn -DskipTests package" >&2; exit 1; }
java=$("$root/sixgate" dev jdk --print)/bin/java

id=sgc$$ dir=$(mktemp -d /tmp/sixgate-compare.XXXXXX); chmod 755 "$dir"
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  sleep 0.5
  for n in c a b n; do ip netns del $id$n 2>/dev/null || true; done
  rm -rf "$dir"
}
trap cleanup EXIT
in_ns() { local n=$1; shift; ip netns exec $id$n "$@"; }
# Starts a daemon in a namespace; its pid goes to the variable named first.
spawn() { local -n out=$1; local n=$2 log=$3; shift 3; ip netns exec $id$n "$@" >"$dir/$log" 2>&1 & out=$!; pids+=($out); }

for n in c a b n; do ip netns add $id$n; in_ns $n ip link set lo up; done
link() { # left right subnet
  ip link add $id$1$2 netns $id$1 type veth peer name $id$2$1 netns $id$2
  in_ns $1 ip addr add $3.1/24 dev $id$1$2; in_ns $2 ip addr add $3.2/24 dev $id$2$1
  in_ns $1 ip link set $id$1$2 up; in_ns $2 ip link set $id$2$1 up
}
link c a 10.99.1; link c b 10.99.2; link a n 10.98.1; link b n 10.98.2

mesh=fdaa:0:48c8:a7b:228:4b6d:6e20
for k in a b n; do (umask 077; wg genkey >"$dir/$k.key"); wg pubkey <"$dir/$k.key" >"$dir/$k.pub"; done
wireguard() { # namespace device key
  local -n pid=$4
  spawn "$4" $1 $2.log wireguard-go --foreground $2
  for _ in $(seq 100); do [ -S /var/run/wireguard/$2.sock ] && break; sleep 0.1; done
  in_ns $1 wg set $2 listen-port 51820 private-key "$dir/$3.key"
}
wireguard n ${id}w n node_wg
in_ns n ip addr add $mesh:2/128 dev ${id}w nodad; in_ns n ip link set ${id}w mtu 1420 up; in_ns n ip route add fdaa::/16 dev ${id}w
in_ns n wg set ${id}w peer "$(cat "$dir/a.pub")" allowed-ips $mesh:a/128 peer "$(cat "$dir/b.pub")" allowed-ips $mesh:b/128
wireguard b ${id}v b edge_wg
in_ns b ip addr add $mesh:b/128 dev ${id}v nodad; in_ns b ip link set ${id}v mtu 1420 up; in_ns b ip route add fdaa::/16 dev ${id}v
in_ns b wg set ${id}v peer "$(cat "$dir/n.pub")" allowed-ips $mesh:2/128 endpoint 10.98.2.2:51820

body=$(head -c 1024 /dev/zero | tr '\0' x)
nginx_conf() { # name, http block, stream block
  cat >"$dir/$1.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; worker_processes 1; pid $dir/$1.pid; error_log $dir/$1.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path $dir/$1.b; proxy_temp_path $dir/$1.p; fastcgi_temp_path $dir/$1.f; uwsgi_temp_path $dir/$1.u; scgi_temp_path $dir/$1.s; $2 }
stream { $3 }
CONF
}
nginx_conf node "server { listen [$mesh:2]:8080; location / { default_type text/plain; return 200 \"$body\"; } }" ""
nginx_conf edge "upstream node { server [$mesh:2]:8080; keepalive 64; keepalive_requests 100000000; }
  server { listen 8080; location / { proxy_pass http://node; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }" \
  "server { listen 9000; proxy_pass [$mesh:2]:5201; }"
spawn node_nginx n node.nginx nginx -c "$dir/node.conf"
spawn node_iperf n node.iperf iperf3 -s -B $mesh:2
spawn edge_nginx b edge.nginx nginx -c "$dir/edge.conf"

mkdir "$dir/edge"; cp "$jar" "$dir/sixgate.jar"; cp "$dir/a.key" "$dir/edge/edge.wgkey"
cat >"$dir/edge/sixgate.json" <<CONF
{ "version": 1, "edge": { "name": "compare", "addresses": ["10.99.1.2"] },
  "mesh": { "private_key": { "file": "edge.wgkey" }, "address": "$mesh:a/128", "listen_port": 51820, "mtu": 1420,
    "peers": [ { "name": "node", "public_key": "$(cat "$dir/n.pub")", "endpoint": "10.98.1.2:51820", "allowed_ips": ["$mesh:2/128"] } ] },
  "apps": { "web": { "backends": [ { "name": "node", "address": "$mesh:2" } ],
    "services": [ { "name": "http", "internal_port": 8080, "ports": [ { "port": 8080, "handlers": ["http"] } ] },
                  { "name": "iperf", "internal_port": 5201, "ports": [ { "port": 9000, "handlers": [] } ] } ] } },
  "admin": { "listen": "unix:admin.sock" } }
CONF
chown -R nobody "$dir/edge"; chmod 700 "$dir/edge"
spawn edge_sixgate a edge.sixgate setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
  "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${SIXGATE_JAVA_OPTS:--Xms64m -Xmx512m -XX:MaxDirectMemorySize=1g -XX:+UseSerialGC -XX:+UseCompactObjectHeaders} \
  -jar "$dir/sixgate.jar" run "$dir/edge/sixgate.json"

for _ in $(seq 300); do
  in_ns c curl -sf -m 2 -o /dev/null http://10.99.1.2:8080/ && in_ns c curl -sf -m 2 -o /dev/null http://10.99.2.2:8080/ && break
  sleep 0.2
done
in_ns c curl -sf -m 2 -o /dev/null http://10.99.1.2:8080/ || { echo "sixgate does not answer:" >&2; cat "$dir/edge.sixgate" >&2; exit 1; }

ticks() { # user + system hundredths of a second of the given processes and their children
  local sum=0 pid child
  for pid in "$@"; do
    for child in $pid $(pgrep -P $pid || true); do
      read -r -a f < <(sed 's/.*) //' /proc/$child/stat); sum=$((sum + f[11] + f[12]))
    done
  done
  echo $sum
}
declare -A edge_pids=([sixgate]="$edge_sixgate" [nginx]="$edge_nginx $edge_wg") address=([sixgate]=10.99.1.2 [nginx]=10.99.2.2)
results=$dir/results; : >"$results"
measure() { # contender test arguments...
  local who=$1 what=$2 before after value; shift 2
  before=$(ticks ${edge_pids[$who]})
  case $what in
    http) value=$(in_ns c h2load --h1 -c 32 -t 1 -n "$1" "http://${address[$who]}:8080/" | awk '/^finished in/ {gsub(",","",$4); print $4} /^requests:/ {bad=$10+$12} END {exit bad>0}') || { echo "$who: requests failed" >&2; exit 1; }
          after=$(ticks ${edge_pids[$who]})
          awk -v w=$who -v t=http_1k -v rate="$value" -v n="$1" -v c=$((after - before)) 'BEGIN {printf "%s %s %.0f req/s %.1f ms/1000\n", w, t, rate, c * 10 * 1000 / n}' ;;
    *)    value=$(in_ns c iperf3 -J -c ${address[$who]} -p 9000 -t "$seconds" "$@" | jq -r '.end.sum_received | "\(.bytes) \(.bits_per_second)"')
          after=$(ticks ${edge_pids[$who]})
          awk -v w=$who -v t=$what -v v="$value" -v c=$((after - before)) 'BEGIN {split(v, a, " "); printf "%s %s %.3f Gbit/s %.1f s/GiB\n", w, t, a[2] / 1e9, c / 100 / (a[1] / 1073741824)}' ;;
  esac | tee -a "$results"
}
for who in sixgate nginx; do measure $who http 60000 >/dev/null; measure $who warm -R >/dev/null; measure $who warm >/dev/null; done; : >"$results"
for _ in $(seq "$rounds"); do
  for who in sixgate nginx; do
    measure $who http 20000
    measure $who down_1 -R; measure $who down_8 -R -P 8
    measure $who up_1; measure $who up_8 -P 8
  done
done
echo; echo "medians of $rounds rounds; edge CPU; ratio = sixgate / (nginx + wireguard-go)"
median() { sort -g | awk '{v[NR]=$1} END {print (NR % 2) ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }
printf '%-10s %14s %14s %7s   %14s %14s %7s\n' test "sixgate" "nginx+wg-go" ratio "CPU sixgate" "CPU nginx+wg" ratio
for test in http_1k down_1 down_8 up_1 up_8; do
  row=()
  for field in 3 5; do for who in sixgate nginx; do row+=("$(awk -v w=$who -v t=$test -v f=$field '$1 == w && $2 == t {print $f}' "$results" | median)"); done; done
  awk -v t=$test -v a="${row[0]}" -v b="${row[1]}" -v c="${row[2]}" -v d="${row[3]}" 'BEGIN {printf "%-10s %14s %14s %7.2f   %14s %14s %7.2f\n", t, a, b, a / b, c, d, c / d}'
done
