// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// auditedRun tells who asked the API server for what while a few Apps were made. It is not timed: an
// audit log costs the API server CPU.
type auditedRun struct {
	Plane plane
	Apps  int
	// Users are the requests of each user by verb. Watches count when they end, so hardly at all.
	Users map[string]tally
	// Operator are the operator's requests by verb and resource.
	Operator tally
}

// policy logs who asked for what and nothing of the content, once for each request.
const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
`

// audit creates a few Apps of a few service owners and counts every request that was made meanwhile.
func (s settings) audit(ctx context.Context, plane plane) (_ *auditedRun, err error) {
	made, err := newFixture(s.root, min(s.Owners, 4), s.Audited)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.folder, "audit-policy.yaml")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		return nil, err
	}
	st, err := s.open(ctx, plane, "audited", file, made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, plane)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	fmt.Printf("  creating %d Apps\n", s.Audited)
	start := time.Now()
	if err := st.createApps(ctx, s.Workers, seen); err != nil {
		return nil, err
	}
	if err := st.until(ctx, func(context.Context) error { return seen.missing(plane, s.Audited) }); err != nil {
		return nil, err
	}
	run := &auditedRun{Plane: plane, Apps: s.Audited, Users: map[string]tally{}, Operator: tally{}}
	return run, run.read(filepath.Join(st.cluster.Dir, "audit.log"), start)
}

// entry is what is of interest in a line of an audit log.
type entry struct {
	Verb string `json:"verb"`
	User struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef *struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	Status struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received time.Time `json:"requestReceivedTimestamp"`
}

// read counts the requests for resources that a log holds from start on.
func (r *auditedRun) read(path string, start time.Time) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var logged entry
		if err := json.Unmarshal(lines.Bytes(), &logged); err != nil {
			return fmt.Errorf("reading the audit log: %w", err)
		}
		if logged.ObjectRef != nil && !logged.Received.Before(start) {
			r.count(logged)
		}
	}
	return lines.Err()
}

func (r *auditedRun) count(logged entry) {
	user := nameOf(logged.User.Username)
	if r.Users[user] == nil {
		r.Users[user] = tally{}
	}
	r.Users[user][logged.Verb]++
	if user != operatorUser {
		return
	}
	what := logged.Verb + " " + logged.ObjectRef.Resource
	if logged.ObjectRef.Subresource != "" {
		what += "/" + logged.ObjectRef.Subresource
	}
	if logged.Status.Code >= 400 {
		what += fmt.Sprintf(" (refused: %d)", logged.Status.Code)
	}
	r.Operator[what]++
}

const operatorUser = "operator"

// nameOf says who a user of the control plane is. The controller manager acts as many.
func nameOf(user string) string {
	switch {
	case user == "system:serviceaccount:serviceowner-system:operator":
		return operatorUser
	case user == "admin":
		return "plain client"
	case user == "kwok":
		return "simulated nodes"
	case user == "system:kube-controller-manager", strings.HasPrefix(user, "system:serviceaccount:kube-system:"):
		return "controller manager"
	default:
		return strings.TrimPrefix(user, "system:")
	}
}
