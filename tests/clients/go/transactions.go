package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions are transactional producers that stay open over several commands. Offsets are not among their operations:
// franz-go carries them only for members of a group (GroupTransactSession).
type transactions struct {
	producers sync.Map
}

type producerArgs struct{ Producer string }

func registerTransactions(operations map[string]operation) {
	it := &transactions{}
	operations["txn_open"] = op(it.open)
	operations["txn_begin"] = op(it.begin)
	operations["txn_send"] = op(it.send)
	operations["txn_commit"] = op(func(args producerArgs) (object, error) { return it.end(args, kgo.TryCommit) })
	operations["txn_abort"] = op(func(args producerArgs) (object, error) { return it.end(args, kgo.TryAbort) })
	operations["txn_close"] = op(it.close)
}

func (it *transactions) open(args struct {
	Producer, Bootstrap string
	TransactionalID     string `json:"transactional_id"`
}) (object, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(args.Bootstrap, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(args.TransactionalID),
	)
	if err != nil {
		return nil, err
	}
	// Taking the id over is left until the first record otherwise.
	if _, _, err := client.ProducerID(context.Background()); err != nil {
		return nil, err
	}
	it.producers.Store(args.Producer, client)
	return nil, nil
}

func (it *transactions) named(name string) (*kgo.Client, error) {
	found, ok := it.producers.Load(name)
	if !ok {
		return nil, fmt.Errorf("no producer %s", name)
	}
	return found.(*kgo.Client), nil
}

func (it *transactions) begin(args producerArgs) (object, error) {
	client, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	return nil, client.BeginTransaction()
}

func (it *transactions) send(args struct {
	Producer, Topic string
	Partition       int32
	Values          []string
}) (object, error) {
	client, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	sent := []*kgo.Record{}
	for _, value := range args.Values {
		sent = append(sent, &kgo.Record{Topic: args.Topic, Partition: args.Partition, Value: []byte(value)})
	}
	return nil, client.ProduceSync(context.Background(), sent...).FirstErr()
}

func (it *transactions) end(args producerArgs, how kgo.TransactionEndTry) (object, error) {
	client, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	return nil, client.EndTransaction(context.Background(), how)
}

func (it *transactions) close(args producerArgs) (object, error) {
	client, err := it.named(args.Producer)
	if err != nil {
		return nil, err
	}
	client.Close()
	it.producers.Delete(args.Producer)
	return nil, nil
}
