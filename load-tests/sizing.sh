#!/bin/sh
# Reckons what a bank of some size needs, from what was measured (RESULTS.md): partitions, disks, memory, recovery, cost. It measures
# nothing; docs/sizing.md says what the figures mean and where they may be wrong.
#
#   load-tests/sizing.sh EVENTS_PER_SECOND DAYS MERCHANTS
#
# EVENTS_PER_SECOND is the mean over the day. Each line in capitals below may be set in the environment.
set -eu
[ $# -eq 3 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
awk -v rate="$1" -v days="$2" -v merchants="$3" \
    -v partitions="${PARTITIONS:-1024}" -v copies="${COPIES:-2}" -v peak="${PEAK:-3}" \
    -v record="${RECORD_BYTES:-300}" -v replicas="${LOG_REPLICAS:-3}" \
    -v commit="${COMMIT_NS:-9170}" -v all="${ALL_NS:-27050}" \
    -v disk="${DISK_BYTES:-646}" -v journal="${JOURNAL_BYTES:-224}" -v written="${WRITTEN_BYTES:-1696}" \
    -v filter="${FILTER_BYTES:-2}" -v keys="${KEYS_AN_EVENT:-2}" \
    -v hot="${HOT_BYTES:-4100}" -v close_ns="${CLOSE_NS:-139000}" \
    -v node_tb="${NODE_TB:-60}" -v node_gib="${NODE_GIB:-512}" -v node_cores="${NODE_CORES:-64}" -v gbit="${NETWORK_GBIT:-10}" \
    -v node_price="${NODE_PRICE:-30000}" -v years="${NODE_YEARS:-4}" -v log_tb_price="${LOG_TB_PRICE:-100}" '
function ceil(x) { return x == int(x) ? x : int(x) + 1 }
function max(a, b) { return a > b ? a : b }
BEGIN {
    events = rate * 86400 * days
    printf "%s events/s for %d days and %s merchants: %.3g events, %.0f of one merchant a day\n\n", rate, days, merchants, events, rate * 86400 / merchants
    printf "partitions          %d: %.0f events/s each, %.0f at %d times the mean; a thread of views takes %.0f\n", partitions, rate / partitions, peak * rate / partitions, peak, 1e9 / (all - commit)
    printf "processors          %.1f cores a copy on average, %.1f at the peak\n", rate * all / 1e9, peak * rate * all / 1e9
    printf "log                 %.0f TB, %.0f TB with %d replicas, uncompressed\n", events * record / 1e12, events * record * replicas / 1e12, replicas
    printf "disk                %.0f TB a copy, of which journals %.0f TB; %.0f TB for %d copies; %.2f TB a partition\n", events * disk / 1e12, events * journal / 1e12, copies * events * disk / 1e12, copies, events * disk / partitions / 1e12
    printf "written             %.0f MB/s a copy, as much is sent to checkpoints at most\n", rate * written / 1e6
    filters = events * keys * filter / 1e9
    rows = merchants * hot / 1e9
    printf "memory              %.0f GB a copy: filters of ids and payments %.0f GB, all merchants hot %.0f GB\n", filters + rows, filters, rows
    by_disk = ceil(events * disk / 1e12 / (node_tb * 0.8)); by_memory = ceil((filters + rows) / (node_gib * 1.073 * 0.8)); by_cores = ceil(2 * peak * rate * all / 1e9 / node_cores)
    nodes = max(max(by_disk, by_memory), by_cores)
    printf "nodes               %d a copy (by disk %d, by memory %d, by processors at half load %d), %d in all: %d cores, %d GiB, %d TB each\n", nodes, by_disk, by_memory, by_cores, nodes * copies, node_cores, node_gib, node_tb
    printf "close of a day      %.1f s in each partition, if every merchant has something due\n", merchants / partitions * close_ns / 1e9
    each = events * disk / nodes
    printf "recovery of a node  its %.1f TB: by the network %.1f h; folded again from the log by its %d cores %.1f h; a standby answers meanwhile\n", each / 1e12, each * 8 / (gbit * 1e9) / 3600, node_cores, events / nodes * all / 1e9 / node_cores / 3600
    machines = nodes * copies * node_price / years; store = events * record * replicas / 1e12 * log_tb_price
    printf "cost                %.2g a year of machines (%d each, %d years), %.2g for the log at %d a TB; %.3g for a million events\n", machines, node_price, years, store, log_tb_price, (machines + store * (days / 365)) / (rate * 86400 * 365 / 1e6)
}'
