package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions are transactional producers that stay open over several commands. Offsets are not among their operations:
// franz-go carries them only for members of a group, whose sessions put them into the transaction when it ends.
type transactions struct {
	producers sync.Map
}

// transactional is a producer by itself, or with the session that it belongs to.
type transactional struct {
	*kgo.Client
	session *kgo.GroupTransactSession
}

type producerArgs struct{ Producer string }

type openArgs struct {
	Producer, Bootstrap string
	Group, Topic        string
	TransactionalID     string `json:"transactional_id"`
	TimeoutMs           int    `json:"timeout_ms"`
}

type valuesArgs struct {
	Producer, Topic string
	Partition       int32
	Values          []string
}

func registerTransactions(operations map[string]operation) {
	it := &transactions{}
	operations["txn_open"] = op(it.open)
	operations["session_open"] = op(it.openSession)
	operations["session_take"] = op(it.take)
	operations["txn_begin"] = op(it.begin)
	operations["txn_send"] = op(it.send)
	operations["txn_queue"] = op(it.queue)
	operations["txn_commit"] = op(func(args producerArgs) (object, error) { return it.end(args, kgo.TryCommit) })
	operations["txn_abort"] = op(func(args producerArgs) (object, error) { return it.end(args, kgo.TryAbort) })
	operations["txn_close"] = op(it.close)
	operations["transform"] = op(transform)
}

func (it openArgs) options() []kgo.Opt {
	timeout := time.Minute
	if it.TimeoutMs > 0 {
		timeout = time.Duration(it.TimeoutMs) * time.Millisecond
	}
	return []kgo.Opt{
		kgo.SeedBrokers(strings.Split(it.Bootstrap, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(it.TransactionalID),
		kgo.TransactionTimeout(timeout),
	}
}

func (it *transactions) open(args openArgs) (object, error) {
	client, err := kgo.NewClient(args.options()...)
	if err != nil {
		return nil, err
	}
	return nil, it.keep(args, &transactional{Client: client})
}

func (it *transactions) openSession(args openArgs) (object, error) {
	session, err := newSession(args)
	if err != nil {
		return nil, err
	}
	return nil, it.keep(args, &transactional{session.Client(), session})
}

// newSession takes the id over before it asks where to begin. By itself a session does so at its first record: whoever took over from it meanwhile
// would be fenced by one that knows nothing of what was done since.
func newSession(args openArgs) (*kgo.GroupTransactSession, error) {
	session, err := kgo.NewGroupTransactSession(append(args.options(),
		kgo.ConsumerGroup(args.Group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// Who comes after a crash takes over at once instead of after a session timeout.
		kgo.InstanceID(args.TransactionalID),
		kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.FetchMaxWait(poll),
	)...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, _, err := session.Client().ProducerID(ctx); err != nil {
		session.Close()
		return nil, err
	}
	session.Client().AddConsumeTopics(args.Topic)
	return session, nil
}

func (it *transactions) keep(args openArgs, made *transactional) error {
	// Taking the id over is left until the first record otherwise.
	if _, _, err := made.ProducerID(context.Background()); err != nil {
		return err
	}
	it.producers.Store(args.Producer, made)
	return nil
}

func (it *transactions) named(name string) (*transactional, error) {
	found, ok := it.producers.Load(name)
	if !ok {
		return nil, fmt.Errorf("no producer %s", name)
	}
	return found.(*transactional), nil
}

func (it *transactions) take(args struct {
	Producer string
	Count    int
}) (object, error) {
	from, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	taken := []record{}
	for len(taken) < args.Count {
		fetches := from.session.PollRecords(ctx, args.Count-len(taken))
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%d records, then %w", len(taken), ctx.Err())
		}
		for _, found := range fetches.Records() {
			taken = append(taken, recordOf(found))
		}
	}
	return object{"records": taken}, nil
}

func (it *transactions) begin(args producerArgs) (object, error) {
	producer, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	if producer.session != nil {
		return nil, producer.session.Begin()
	}
	return nil, producer.BeginTransaction()
}

func (args valuesArgs) records() []*kgo.Record {
	made := []*kgo.Record{}
	for _, value := range args.Values {
		made = append(made, &kgo.Record{Topic: args.Topic, Partition: args.Partition, Value: []byte(value)})
	}
	return made
}

func (it *transactions) send(args valuesArgs) (object, error) {
	producer, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	return nil, producer.ProduceSync(context.Background(), args.records()...).FirstErr()
}

func (it *transactions) queue(args valuesArgs) (object, error) {
	producer, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	for _, made := range args.records() {
		producer.Produce(context.Background(), made, nil)
	}
	return nil, nil
}

func (it *transactions) end(args producerArgs, how kgo.TransactionEndTry) (object, error) {
	producer, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	if producer.session == nil {
		return nil, producer.EndTransaction(context.Background(), how)
	}
	committed, err := producer.session.End(context.Background(), how)
	if err == nil && committed != bool(how) {
		err = errors.New("aborted: the group was rebalanced")
	}
	return nil, err
}

func (it *transactions) close(args producerArgs) (object, error) {
	producer, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	producer.Close()
	it.producers.Delete(args.Producer)
	return nil, nil
}
