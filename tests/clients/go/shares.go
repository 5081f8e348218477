package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sharer is one member of a share group; it accepts what it polled before it hands the records to the test.
type sharer struct {
	client *kgo.Client

	lock   sync.Mutex
	failed error
}

type shareRecord struct {
	record
	Deliveries int32 `json:"deliveries"`
}

type sharers struct {
	open sync.Map
}

func registerShares(operations map[string]operation) {
	it := &sharers{}
	operations["share_open"] = op(it.join)
	operations["share_take"] = op(it.take)
	operations["share_close"] = op(it.leave)
}

func (it *sharers) join(args struct {
	Member, Bootstrap, Group string
	Topics                   []string
	MaxPoll                  int32 `json:"max_poll"`
}) (object, error) {
	made := &sharer{}
	options := []kgo.Opt{
		kgo.SeedBrokers(strings.Split(args.Bootstrap, ",")...),
		kgo.ShareGroup(args.Group),
		kgo.ConsumeTopics(args.Topics...),
		kgo.MetadataMinAge(poll),
		kgo.MetadataMaxAge(2 * time.Second),
		kgo.ShareAckCallback(func(_ *kgo.Client, results kgo.ShareAckResults) {
			made.lock.Lock()
			defer made.lock.Unlock()
			if err := results.Error(); err != nil {
				made.failed = err
			}
		}),
	}
	if args.MaxPoll > 0 {
		options = append(options, kgo.ShareMaxRecords(args.MaxPoll), kgo.ShareMaxRecordsStrict())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	made.client = client
	it.open.Store(args.Member, made)
	return nil, nil
}

// polled returns at most count records, accepted; what could not be accepted is not ours.
func (it *sharer) polled(count int) []shareRecord {
	ctx, cancel := context.WithTimeout(context.Background(), poll)
	defer cancel()
	batch := it.client.PollRecords(ctx, count).Records()
	if len(batch) == 0 {
		return nil
	}
	it.lock.Lock()
	it.failed = nil
	it.lock.Unlock()
	found := make([]shareRecord, 0, len(batch))
	for _, one := range batch {
		found = append(found, shareRecord{recordOf(one), one.DeliveryCount()})
	}
	it.client.MarkAcks(kgo.AckAccept)
	flushing, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	err := it.client.FlushAcks(flushing)
	it.lock.Lock()
	defer it.lock.Unlock()
	if err != nil || it.failed != nil {
		return nil
	}
	return found
}

func (it *sharers) named(name string) (*sharer, error) {
	found, ok := it.open.Load(name)
	if !ok {
		return nil, fmt.Errorf("no member %s", name)
	}
	return found.(*sharer), nil
}

func (it *sharers) take(args struct {
	Member     string
	Count      int
	DeadlineMs int `json:"deadline_ms"`
}) (object, error) {
	mine, err := it.named(args.Member)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(time.Duration(args.DeadlineMs) * time.Millisecond)
	found := []shareRecord{}
	for len(found) < args.Count && time.Now().Before(end) {
		found = append(found, mine.polled(args.Count-len(found))...)
	}
	return object{"records": found}, nil
}

func (it *sharers) leave(args struct{ Member string }) (object, error) {
	mine, err := it.named(args.Member)
	if err != nil {
		return nil, err
	}
	mine.client.Close()
	it.open.Delete(args.Member)
	return nil, nil
}
