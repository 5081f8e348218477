package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// A client may log in again once a second.
const pause = 1100 * time.Millisecond

type credentials struct {
	Bootstrap, Mechanism, User, Secret string
	Seconds                            float64
}

func registerLogins(operations map[string]operation) {
	operations["login"] = op(login)
}

// login makes rounds of requests as somebody who has logged in.
func login(args credentials) (object, error) {
	mechanism, err := mechanismOf(args)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(args.Bootstrap, ",")...),
		kgo.SASL(mechanism),
		kgo.RequestRetries(0),
	)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	end := time.Now().Add(time.Duration(args.Seconds * float64(time.Second)))
	for rounds := 1; ; rounds++ {
		within, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_, err := admin.ListTopics(within)
		cancel()
		if err != nil {
			return nil, err
		}
		if time.Now().Add(pause).After(end) {
			return object{"rounds": rounds}, nil
		}
		time.Sleep(pause)
	}
}

func mechanismOf(args credentials) (sasl.Mechanism, error) {
	switch args.Mechanism {
	case "PLAIN":
		return plain.Auth{User: args.User, Pass: args.Secret}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: args.User, Pass: args.Secret}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: args.User, Pass: args.Secret}.AsSha512Mechanism(), nil
	case "OAUTHBEARER":
		return oauth.Auth{Token: args.Secret}.AsMechanism(), nil
	}
	return nil, fmt.Errorf("unknown mechanism %s", args.Mechanism)
}
