package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// job is what tests/clients/python/transforming.py describes.
type job struct {
	Bootstrap, Client    string
	TransactionalID      string `json:"transactional_id"`
	Group, Input, Output string
	Partition            int32
	Audit                string
	TimeoutMs            int `json:"timeout_ms"`
	Most                 int
	Crash, Doom          float64
	Seed                 uint64

	chance *mathrand.Rand
}

func (it *job) step() {
	if it.chance.Float64() < it.Crash {
		os.Exit(9)
	}
}

// transform consumes, transforms and produces in a session, as a member of the group, until it is killed or cannot go on.
func transform(it job) (object, error) {
	it.chance = mathrand.New(mathrand.NewPCG(it.Seed, 0))
	about := openArgs{
		Bootstrap:       it.Bootstrap,
		Group:           it.Group,
		Topic:           it.Input,
		TransactionalID: it.TransactionalID,
		TimeoutMs:       it.TimeoutMs,
	}
	ctx := context.Background()
	session, err := newSession(about)
	if err != nil {
		return nil, err
	}
	for {
		fetches := session.PollRecords(ctx, 1+it.chance.IntN(it.Most))
		if taken := fetches.Records(); len(taken) > 0 {
			if err := it.transaction(ctx, session, taken); err != nil {
				return nil, err
			}
		}
	}
}

func (it *job) transaction(ctx context.Context, session *kgo.GroupTransactSession, taken []*kgo.Record) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	fate, how := "kept", kgo.TryCommit
	if it.chance.Float64() < it.Doom {
		fate, how = "doomed", kgo.TryAbort
	}
	if err := session.Begin(); err != nil {
		return err
	}
	it.step()
	unique := make([]byte, 16)
	if _, err := rand.Read(unique); err != nil {
		return err
	}
	name := hex.EncodeToString(unique)
	made := []*kgo.Record{}
	for place, record := range taken {
		value := fmt.Sprintf("%s %d %s %d %d %s %s", record.Value, record.Offset, name, place, len(taken), it.Client, fate)
		made = append(made, &kgo.Record{Topic: it.Output, Partition: it.Partition, Value: []byte(value)})
	}
	audit := fmt.Sprintf("%s %d %d %s %s", name, len(taken), it.Partition, it.Client, fate)
	made = append(made, &kgo.Record{Topic: it.Audit, Partition: 0, Value: []byte(audit)})
	err := session.ProduceSync(ctx, made...).FirstErr()
	if err != nil {
		how = kgo.TryAbort
	}
	it.step()
	// Not committed because the group was rebalanced: the session has gone back to where it was.
	if _, ended := session.End(ctx, how); ended != nil {
		return ended
	}
	it.step()
	return err
}
