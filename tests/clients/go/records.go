package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// header is a pair of a name in plain text and a value in base64 or null.
type header struct {
	name  string
	value []byte
}

func (it header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{it.name, it.value})
}

func (it *header) UnmarshalJSON(text []byte) error {
	var pair [2]*string
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	it.name = *pair[0]
	if pair[1] == nil {
		return nil
	}
	value, err := base64.StdEncoding.DecodeString(*pair[1])
	it.value = value
	return err
}

// record is the protocol's record; encoding/json reads and writes []byte as base64 and nil as null.
type record struct {
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

func recordOf(it *kgo.Record) record {
	headers := []header{}
	for _, pair := range it.Headers {
		headers = append(headers, header{pair.Key, pair.Value})
	}
	return record{it.Partition, it.Offset, it.Timestamp.UnixMilli(), it.Key, it.Value, headers}
}

func (it record) produced(topic string) *kgo.Record {
	made := &kgo.Record{Topic: topic, Partition: it.Partition, Key: it.Key, Value: it.Value}
	if it.Timestamp != 0 {
		made.Timestamp = time.UnixMilli(it.Timestamp)
	}
	for _, pair := range it.Headers {
		made.Headers = append(made.Headers, kgo.RecordHeader{Key: pair.name, Value: pair.value})
	}
	return made
}

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

var acknowledgements = map[string]kgo.Acks{"all": kgo.AllISRAcks(), "1": kgo.LeaderAck(), "0": kgo.NoAck()}

// stream is a producer that stays open over several commands.
type stream struct {
	client     *kgo.Client
	topic      string
	partitions int

	lock         sync.Mutex
	acknowledged int
	failed       []string
}

type records struct {
	streams sync.Map
}

func registerRecords(operations map[string]operation) {
	it := &records{}
	operations["produce"] = op(it.produce)
	operations["read"] = op(it.read)
	operations["stream_open"] = op(it.streamOpen)
	operations["stream_send"] = op(it.streamSend)
	operations["stream_flush"] = op(it.streamFlush)
	operations["stream_close"] = op(it.streamClose)
}

func newProducer(bootstrap string, idempotent bool, options ...kgo.Opt) (*kgo.Client, error) {
	options = append(options,
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if !idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	return kgo.NewClient(options...)
}

func (*records) produce(args struct {
	Bootstrap, Topic, Compression, Acks string
	Idempotent                          bool
	Records                             []record
}) (object, error) {
	client, err := newProducer(args.Bootstrap, args.Idempotent,
		kgo.RequiredAcks(acknowledgements[args.Acks]),
		kgo.ProducerBatchCompression(codecs[args.Compression]),
		kgo.ProducerLinger(20*time.Millisecond),
	)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	sent := make([]*kgo.Record, 0, len(args.Records))
	for _, it := range args.Records {
		sent = append(sent, it.produced(args.Topic))
	}
	if err := client.ProduceSync(context.Background(), sent...).FirstErr(); err != nil {
		return nil, err
	}
	placed := [][2]int64{}
	for _, it := range sent {
		placed = append(placed, [2]int64{int64(it.Partition), it.Offset})
	}
	return object{"placed": placed}, nil
}

func (*records) read(args struct {
	Bootstrap, Topic, Isolation, Rack string
	Count                             int
	DeadlineMs                        int   `json:"deadline_ms"`
	FetchBytes                        int32 `json:"fetch_bytes"`
}) (object, error) {
	isolation := kgo.ReadUncommitted()
	if args.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	if args.FetchBytes == 0 {
		args.FetchBytes = 1 << 20
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(args.Bootstrap, ",")...),
		kgo.Rack(args.Rack),
		kgo.ConsumeTopics(args.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(isolation),
		kgo.FetchMaxPartitionBytes(args.FetchBytes),
	)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(args.DeadlineMs)*time.Millisecond)
	defer cancel()
	found := []record{}
	for len(found) < args.Count && ctx.Err() == nil {
		for _, it := range client.PollFetches(ctx).Records() {
			found = append(found, recordOf(it))
		}
	}
	return object{"records": found}, nil
}

func (it *records) streamOpen(args struct {
	Stream, Bootstrap, Topic string
	Partitions               int
	Idempotent               bool
}) (object, error) {
	client, err := newProducer(args.Bootstrap, args.Idempotent)
	if err != nil {
		return nil, err
	}
	it.streams.Store(args.Stream, &stream{client: client, topic: args.Topic, partitions: args.Partitions})
	return nil, nil
}

func (it *records) named(name string) (*stream, error) {
	found, ok := it.streams.Load(name)
	if !ok {
		return nil, fmt.Errorf("no stream %s", name)
	}
	return found.(*stream), nil
}

func (it *records) streamSend(args struct {
	Stream       string
	First, Count int
}) (object, error) {
	to, err := it.named(args.Stream)
	if err != nil {
		return nil, err
	}
	for number := args.First; number < args.First+args.Count; number++ {
		made := &kgo.Record{
			Topic:     to.topic,
			Partition: int32(number % to.partitions),
			Value:     []byte(strconv.Itoa(number)),
		}
		to.client.Produce(context.Background(), made, func(_ *kgo.Record, err error) {
			to.lock.Lock()
			defer to.lock.Unlock()
			if err != nil {
				to.failed = append(to.failed, err.Error())
				return
			}
			to.acknowledged++
		})
	}
	return nil, nil
}

func (it *records) streamFlush(args struct{ Stream string }) (object, error) {
	to, err := it.named(args.Stream)
	if err != nil {
		return nil, err
	}
	if err := to.client.Flush(context.Background()); err != nil {
		return nil, err
	}
	to.lock.Lock()
	defer to.lock.Unlock()
	return object{"acknowledged": to.acknowledged, "failed": append([]string{}, to.failed...)}, nil
}

func (it *records) streamClose(args struct{ Stream string }) (object, error) {
	to, err := it.named(args.Stream)
	if err != nil {
		return nil, err
	}
	to.client.Close()
	it.streams.Delete(args.Stream)
	return nil, nil
}
