"""Reads a topic as anybody would: confluent-kafka, read_committed, from the first record to the end."""
import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition


def records(brokers, topic):
    """Every record of a topic, partition by partition in order, up to the ends of all."""
    consumer = Consumer({
        "bootstrap.servers": brokers, "group.id": "judge", "enable.auto.commit": False, "isolation.level": "read_committed",
        "auto.offset.reset": "earliest", "enable.partition.eof": True,
    })
    partitions = sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    ended = set()
    while len(ended) < len(partitions):
        record = consumer.poll(30)
        if record is None:
            sys.exit(f"nothing came of {topic} within 30 s")
        if record.error():
            if record.error().code() == KafkaError._PARTITION_EOF:
                ended.add(record.partition())
                continue
            sys.exit(str(record.error()))
        ended.discard(record.partition())
        yield record
    consumer.close()
