package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// request holds the arguments of every administrative operation; each uses its own few.
type request struct {
	Bootstrap, Topic, Group, Name, Value string
	Isolation                            string
	Partitions                           int
	Partition                            int32
	Configs                              map[string]*string
	Before                               int64
	At                                   json.RawMessage
}

type administration struct {
	lock   sync.Mutex
	admins map[string]*kadm.Client
}

func registerAdministration(operations map[string]operation) {
	it := &administration{admins: map[string]*kadm.Client{}}
	for name, run := range map[string]func(context.Context, *kadm.Client, request) (object, error){
		"topic_create":    topicCreate,
		"topic_delete":    topicDelete,
		"topics":          topics,
		"topic_describe":  topicDescribe,
		"partitions_grow": partitionsGrow,
		"config_get":      configGet,
		"config_set":      configSet,
		"config_unset":    configUnset,
		"records_delete":  recordsDelete,
		"offset":          offset,
		"end":             end,
		"groups":          groups,
		"group_describe":  groupDescribe,
		"group_offsets":   groupOffsets,
		"group_delete":    groupDelete,
	} {
		operations[name] = op(func(args request) (object, error) {
			client, err := it.client(args.Bootstrap)
			if err != nil {
				return nil, err
			}
			return run(context.Background(), client, args)
		})
	}
}

func (it *administration) client(bootstrap string) (*kadm.Client, error) {
	it.lock.Lock()
	defer it.lock.Unlock()
	if found, ok := it.admins[bootstrap]; ok {
		return found, nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...))
	if err != nil {
		return nil, err
	}
	it.admins[bootstrap] = kadm.NewClient(client)
	return it.admins[bootstrap], nil
}

func topicCreate(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	_, err := admin.CreateTopic(ctx, int32(args.Partitions), 1, args.Configs, args.Topic)
	return nil, err
}

func topicDelete(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	_, err := admin.DeleteTopic(ctx, args.Topic)
	return nil, err
}

func topics(ctx context.Context, admin *kadm.Client, _ request) (object, error) {
	found, err := admin.ListTopics(ctx)
	return object{"topics": found.Names()}, err
}

func topicDescribe(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	found, err := admin.ListTopics(ctx, args.Topic)
	return object{"partitions": len(found[args.Topic].Partitions)}, err
}

func partitionsGrow(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	answers, err := admin.UpdatePartitions(ctx, args.Partitions, args.Topic)
	if err == nil {
		err = answers.Error()
	}
	return nil, err
}

func configGet(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	found, err := admin.DescribeTopicConfigs(ctx, args.Topic)
	if err != nil {
		return nil, err
	}
	resource, err := found.On(args.Topic, nil)
	if err != nil {
		return nil, err
	}
	for _, entry := range resource.Configs {
		if entry.Key == args.Name {
			return object{"value": entry.MaybeValue()}, resource.Err
		}
	}
	return nil, fmt.Errorf("no config %s", args.Name)
}

func alter(ctx context.Context, admin *kadm.Client, topic string, change kadm.AlterConfig) (object, error) {
	answers, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, topic)
	if err != nil {
		return nil, err
	}
	answer, err := answers.On(topic, nil)
	if err == nil {
		err = answer.Err
	}
	return nil, err
}

func configSet(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	return alter(ctx, admin, args.Topic, kadm.AlterConfig{Op: kadm.SetConfig, Name: args.Name, Value: &args.Value})
}

func configUnset(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	return alter(ctx, admin, args.Topic, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: args.Name})
}

func recordsDelete(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	before := kadm.Offsets{}
	before.AddOffset(args.Topic, args.Partition, args.Before, -1)
	answers, err := admin.DeleteRecords(ctx, before)
	if err != nil {
		return nil, err
	}
	answer := answers[args.Topic][args.Partition]
	return object{"low_watermark": answer.LowWatermark}, answer.Err
}

func offset(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	var found kadm.ListedOffsets
	var err error
	switch at := string(args.At); at {
	case `"earliest"`:
		found, err = admin.ListStartOffsets(ctx, args.Topic)
	case `"latest"`:
		found, err = admin.ListEndOffsets(ctx, args.Topic)
	case `"max_timestamp"`:
		found, err = admin.ListMaxTimestampOffsets(ctx, args.Topic)
	default:
		var milliseconds int64
		if milliseconds, err = strconv.ParseInt(at, 10, 64); err == nil {
			found, err = admin.ListOffsetsAfterMilli(ctx, milliseconds, args.Topic)
		}
	}
	if err != nil {
		return nil, err
	}
	mine, ok := found.Lookup(args.Topic, args.Partition)
	if !ok {
		return nil, fmt.Errorf("no offset of %s %d", args.Topic, args.Partition)
	}
	return object{"offset": mine.Offset}, mine.Err
}

func end(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	list := admin.ListEndOffsets
	if args.Isolation == "read_committed" {
		list = admin.ListCommittedOffsets
	}
	found, err := list(ctx, args.Topic)
	if err != nil {
		return nil, err
	}
	mine, ok := found.Lookup(args.Topic, args.Partition)
	if !ok {
		return nil, fmt.Errorf("no offset of %s %d", args.Topic, args.Partition)
	}
	return object{"offset": mine.Offset}, mine.Err
}

func groups(ctx context.Context, admin *kadm.Client, _ request) (object, error) {
	found, err := admin.ListGroups(ctx)
	return object{"groups": found.Groups()}, err
}

func groupDescribe(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	found, err := admin.DescribeGroups(ctx, args.Group)
	if err != nil {
		return nil, err
	}
	mine := found[args.Group]
	return object{"state": mine.State, "members": len(mine.Members)}, mine.Err
}

func groupOffsets(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	found, err := admin.FetchOffsets(ctx, args.Group)
	offsets := object{}
	for partition, at := range found[args.Topic] {
		offsets[strconv.Itoa(int(partition))] = at.At
	}
	return object{"offsets": offsets}, err
}

func groupDelete(ctx context.Context, admin *kadm.Client, args request) (object, error) {
	_, err := admin.DeleteGroup(ctx, args.Group)
	return nil, err
}
