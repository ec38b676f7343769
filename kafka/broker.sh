# shellcheck shell=sh disable=SC2154 # What is not set here is set by ./dev.
# Apache Kafka from its jars, for `./dev`: fetched once by Maven, one broker a port, its state under the cache directory.
#
# Sourced by ./dev, which provides `say`, `die` and `need_java`. Needs `kafka_home` and `project`; KAFKA_VERSION, where it is
# set, chooses another release than kafka/pom.xml names.
# Layout: $kafka_home/lib (jars; lib-VERSION those of another release) and $kafka_home/PORT/{server.properties,data,broker.log,pid}.

# Seconds that a broker may take to start and to stop.
start_wait_max=90
stop_wait_max=30

kafka_default=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$project/kafka/pom.xml")

# Where the jars of a release are; without a release, those of KAFKA_VERSION or kafka/pom.xml.
kafka_lib() {
    release=${1:-${KAFKA_VERSION:-$kafka_default}}
    if [ "$release" = "$kafka_default" ]; then echo "$kafka_home/lib"; else echo "$kafka_home/lib-$release"; fi
}

# Copies the jars of kafka/pom.xml, of the release that is asked for, unless they are there for this very pom.xml.
fetch_kafka() {
    release=${1:-${KAFKA_VERSION:-$kafka_default}}
    case $release in
    *[!0-9.]* | '') die "KAFKA_VERSION \"$release\": a release of Apache Kafka, such as $kafka_default" 2 ;;
    esac
    lib=$(kafka_lib "$release")
    cmp -s "$project/kafka/pom.xml" "$lib/pom.xml" && return 0
    need_java
    say "fetching Apache Kafka $release by Maven into $lib (about 45 MB, once)"
    incoming="$lib.$$"
    mkdir -p "$incoming"
    if ! mvn -q -B -Dstyle.color=never -Dkafka.version="$release" -f "$project/kafka/pom.xml" \
        dependency:copy-dependencies -DoutputDirectory="$incoming" </dev/null >&2; then
        rm -rf "$incoming"
        say "Maven could not fetch Kafka $release"
        return 1
    fi
    cp "$project/kafka/pom.xml" "$incoming/pom.xml"
    rm -rf "${lib:?}"
    mv "$incoming" "$lib"
}

# The schema registry that tests run: Apicurio, whole, by Maven; its newest release that Java 17 runs and whose parent is served, too.
registry_release=2.6.13.Final
registry_home="$kafka_home/registry-$registry_release"
fetch_registry() {
    [ -f "$registry_home/fetched" ] && return 0
    need_java
    say "fetching Apicurio Registry $registry_release by Maven into $registry_home (about 140 MB, once)"
    incoming="$registry_home.$$"
    mkdir -p "$incoming"
    # Outside a project Maven notes what it unpacked in a directory of the place where it runs.
    if ! (cd "$incoming" && mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
        -Dartifact="io.apicurio:apicurio-registry-app:$registry_release:tar.gz:all" -DoutputDirectory="$incoming" </dev/null >&2); then
        rm -rf "$incoming"
        say "Maven could not fetch the registry"
        return 1
    fi
    touch "$incoming/fetched"
    rm -rf "${registry_home:?}"
    mv "$incoming" "$registry_home"
}

# Runs a class of Kafka's.
kafka_java() {
    java -Xmx512m "-Dlog4j2.configurationFile=$project/kafka/log4j2.properties" -cp "$(kafka_lib)/*" "$@"
}

# The process of the broker on $port, if it runs. A pid file may be older than the machine's last start, so the process
# must also be a Kafka on this configuration.
broker_pid() {
    [ -f "$broker/pid" ] || return 1
    pid=$(cat "$broker/pid")
    case $(ps -p "$pid" -o args= 2>/dev/null || tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
    *kafka.Kafka*"$broker/server.properties"*) echo "$pid" ;;
    *) return 1 ;;
    esac
}

format_broker() {
    mkdir -p "$broker"
    sed -e "s|@PORT@|$port|g" -e "s|@CONTROLLER_PORT@|$((port + 1))|g" -e "s|@STATE@|$broker|g" \
        "$project/kafka/server.properties" >"$broker/server.properties"
    [ -f "$broker/data/meta.properties" ] && return 0
    id=$(kafka_java kafka.tools.StorageTool random-uuid 2>/dev/null) || die "Kafka's StorageTool gave no id"
    kafka_java kafka.tools.StorageTool format -t "$id" -c "$broker/server.properties" --standalone >"$broker/format.log" 2>&1 ||
        die "Kafka could not format its store: $(tail -n 5 "$broker/format.log")"
}

kafka_start() {
    if pid=$(broker_pid); then
        say "Kafka runs already on 127.0.0.1:$port (process $pid)"
        return 0
    fi
    fetch_kafka || die "no Kafka to start"
    need_java
    format_broker
    # `nohup` and a standard input of its own: the broker outlives this terminal.
    nohup java -Xmx512m "-Dlog4j2.configurationFile=$project/kafka/log4j2.properties" -cp "$(kafka_lib)/*" \
        kafka.Kafka "$broker/server.properties" </dev/null >"$broker/broker.log" 2>&1 &
    pid=$!
    echo "$pid" >"$broker/pid"
    waited=0
    until grep -q 'Kafka Server started' "$broker/broker.log"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            rm -f "$broker/pid"
            grep -E 'ERROR|FATAL|Exception' "$broker/broker.log" | head -n 5 >&2 || true
            die "Kafka did not start; its log is $broker/broker.log"
        fi
        if [ "$waited" -ge "$start_wait_max" ]; then
            kill "$pid"
            rm -f "$broker/pid"
            die "Kafka was not up within $start_wait_max s; its log is $broker/broker.log"
        fi
        sleep 1
        waited=$((waited + 1))
    done
    say "Kafka runs on 127.0.0.1:$port (process $pid, state in $broker)"
}

kafka_stop() {
    if ! pid=$(broker_pid); then
        rm -f "$broker/pid"
        say "no Kafka of ours runs on port $port"
        return 0
    fi
    kill "$pid"
    waited=0
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$waited" -ge "$stop_wait_max" ]; then
            say "Kafka did not stop within $stop_wait_max s; killing it, nothing that it acknowledged is lost"
            kill -9 "$pid"
            break
        fi
        sleep 1
        waited=$((waited + 1))
    done
    rm -f "$broker/pid"
    say "Kafka on port $port has stopped; its records stay in $broker/data"
}

# Exit code 0 where it runs, 3 where it doesn't, as `systemctl status` has it.
kafka_status() {
    if pid=$(broker_pid); then
        say "Kafka runs on 127.0.0.1:$port (process $pid, state in $broker)"
    else
        say "no Kafka of ours runs on port $port"
        return 3
    fi
}

kafka_command() {
    action=${1:-}
    [ $# -gt 0 ] && shift
    port=9092
    while [ $# -gt 0 ]; do
        case $1 in
        --port) port=${2:-} && shift ;;
        --port=*) port=${1#--port=} ;;
        *) die "kafka: no option \"$1\"; the only one is --port N" 2 ;;
        esac
        shift
    done
    case $port in
    '' | *[!0-9]*) die "--port \"$port\": a number from 1024 to 65534" 2 ;;
    esac
    if [ "$port" -lt 1024 ] || [ "$port" -gt 65534 ]; then
        die "--port \"$port\": a number from 1024 to 65534" 2
    fi
    broker="$kafka_home/$port"
    case $action in
    start) kafka_start ;;
    stop) kafka_stop ;;
    status) kafka_status ;;
    *) die "kafka \"$action\": one of start, stop, status" 2 ;;
    esac
}
