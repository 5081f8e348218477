package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const poll = 250 * time.Millisecond

// member is one consumer of a group; it commits what it polled before it hands the records to the test.
type member struct {
	client *kgo.Client

	lock     sync.Mutex
	assigned map[int32]bool
}

type members struct {
	open sync.Map
}

func registerMembers(operations map[string]operation) {
	it := &members{}
	operations["member_open"] = op(it.join)
	operations["member_assigned"] = op(it.waitAssigned)
	operations["member_take"] = op(it.take)
	operations["member_close"] = op(it.leave)
}

func (it *members) join(args struct{ Member, Bootstrap, Group, Topic string }) (object, error) {
	made := &member{assigned: map[int32]bool{}}
	note := func(held bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			made.lock.Lock()
			defer made.lock.Unlock()
			for _, partition := range changed[args.Topic] {
				if held {
					made.assigned[partition] = true
				} else {
					delete(made.assigned, partition)
				}
			}
		}
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(args.Bootstrap, ",")...),
		kgo.ConsumerGroup(args.Group),
		kgo.ConsumeTopics(args.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.HeartbeatInterval(time.Second),
		kgo.SessionTimeout(10*time.Second),
		kgo.MetadataMinAge(poll),
		kgo.MetadataMaxAge(2*time.Second),
		kgo.OnPartitionsAssigned(note(true)),
		kgo.OnPartitionsRevoked(note(false)),
		kgo.OnPartitionsLost(note(false)),
	)
	if err != nil {
		return nil, err
	}
	made.client = client
	it.open.Store(args.Member, made)
	return nil, nil
}

func (it *members) named(name string) (*member, error) {
	found, ok := it.open.Load(name)
	if !ok {
		return nil, fmt.Errorf("no member %s", name)
	}
	return found.(*member), nil
}

func (it *member) partitions() []int32 {
	it.lock.Lock()
	defer it.lock.Unlock()
	held := []int32{}
	for partition := range it.assigned {
		held = append(held, partition)
	}
	slices.Sort(held)
	return held
}

// polled returns at most count records, committed; where the commit fails they are not ours, and the group hands them
// out again.
func (it *member) polled(count int) []record {
	ctx, cancel := context.WithTimeout(context.Background(), poll)
	defer cancel()
	defer it.client.AllowRebalance()
	batch := it.client.PollRecords(ctx, count).Records()
	if len(batch) == 0 {
		return nil
	}
	committing, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	if err := it.client.CommitRecords(committing, batch...); err != nil {
		it.rewind(batch)
		return nil
	}
	found := make([]record, 0, len(batch))
	for _, one := range batch {
		found = append(found, recordOf(one))
	}
	return found
}

func (it *member) rewind(batch []*kgo.Record) {
	first := map[string]map[int32]kgo.EpochOffset{}
	for _, one := range batch {
		if first[one.Topic] == nil {
			first[one.Topic] = map[int32]kgo.EpochOffset{}
		}
		if _, known := first[one.Topic][one.Partition]; !known {
			first[one.Topic][one.Partition] = kgo.EpochOffset{Epoch: -1, Offset: one.Offset}
		}
	}
	it.client.SetOffsets(first)
}

func (it *members) waitAssigned(args struct {
	Member     string
	Count      int
	DeadlineMs int `json:"deadline_ms"`
}) (object, error) {
	mine, err := it.named(args.Member)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(time.Duration(args.DeadlineMs) * time.Millisecond)
	for len(mine.partitions()) != args.Count && time.Now().Before(end) {
		if len(mine.polled(1)) != 0 {
			return nil, errors.New("a record came before the test sent any")
		}
	}
	return object{"partitions": mine.partitions()}, nil
}

func (it *members) take(args struct {
	Member     string
	Count      int
	DeadlineMs int `json:"deadline_ms"`
}) (object, error) {
	mine, err := it.named(args.Member)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(time.Duration(args.DeadlineMs) * time.Millisecond)
	found := []record{}
	for len(found) < args.Count && time.Now().Before(end) {
		found = append(found, mine.polled(args.Count-len(found))...)
	}
	return object{"records": found}, nil
}

func (it *members) leave(args struct{ Member string }) (object, error) {
	mine, err := it.named(args.Member)
	if err != nil {
		return nil, err
	}
	mine.client.CloseAllowingRebalance()
	it.open.Delete(args.Member)
	return nil, nil
}
