// Driver of franz-go: JSON lines in, JSON lines out, each command in a goroutine of its own.
// The protocol is described in tests/clients/python/protocol.py.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
)

type command struct {
	ID   int             `json:"id"`
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args"`
}

type object map[string]any

type operation func(args json.RawMessage) (object, error)

// op gives an operation its typed arguments.
func op[A any](run func(args A) (object, error)) operation {
	return func(raw json.RawMessage) (object, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, err
		}
		return run(args)
	}
}

var output sync.Mutex

func write(answer object) {
	line, err := json.Marshal(answer)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func answer(operations map[string]operation, it command) {
	run, known := operations[it.Op]
	if !known {
		write(object{"id": it.ID, "error": object{"type": "UnknownOperation", "message": it.Op}})
		return
	}
	result, err := run(it.Args)
	if err != nil {
		write(object{"id": it.ID, "error": object{"type": fmt.Sprintf("%T", err), "message": err.Error()}})
		return
	}
	if result == nil {
		result = object{}
	}
	write(object{"id": it.ID, "result": result})
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "?"
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/twmb/franz-go" {
			return module.Version
		}
	}
	return "?"
}

func main() {
	operations := map[string]operation{}
	registerRecords(operations)
	registerLogins(operations)
	registerMembers(operations)
	registerShares(operations)
	registerTransactions(operations)
	registerAdministration(operations)
	write(object{"ready": object{"client": "franz-go", "version": version()}})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var it command
		if err := json.Unmarshal(line, &it); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go answer(operations, it)
	}
}
