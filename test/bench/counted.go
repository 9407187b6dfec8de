// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// readPolicy logs what the operator reads. Watches are left out: they end after their time and are opened anew, also while
// nothing happens, and the operator's own count cannot tell them from reads.
const readPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
    users: ["system:serviceaccount:serviceowner-system:operator"]
    verbs: [get, list]
  - level: None
`

// policyOfReads writes the policy to where a control plane finds it.
func (s settings) policyOfReads() (string, error) {
	file := filepath.Join(s.folder, "read-policy.yaml")
	return file, os.WriteFile(file, []byte(readPolicy), 0o600)
}

// reads are what the operator has read since, by verb and resource.
func (st *stage) reads(since time.Time) (tally, error) {
	asked := &auditedRun{Users: map[string]tally{}, Operator: tally{}}
	err := asked.read(filepath.Join(st.cluster.Dir, "audit.log"), since)
	return asked.Operator, err
}

// written counts the operator's requests and passes, and what it has written by kind.
func (st *stage) written(ctx context.Context) (now storedCounts, err error) {
	if now.operator, err = st.operatorRequests(ctx); err != nil {
		return now, err
	}
	if now.passes, err = st.passesBy(ctx); err != nil {
		return now, err
	}
	now.kinds, err = st.serverAnswers(ctx, operatorsWrite)
	return now, err
}

// storedCounts are counters as they stand, or what has been added to them.
type storedCounts struct{ operator, passes, kinds tally }

func (c storedCounts) minus(before storedCounts) storedCounts {
	return storedCounts{c.operator.minus(before.operator), c.passes.minus(before.passes), c.kinds.minus(before.kinds)}
}

// operatorsWrite is what a request that the API server answered has written, if the operator made it. The harness creates
// what it declares, who plays Azure writes statuses of Azure's kinds, and the API server itself keeps the addresses of
// Services; nobody else is there.
func operatorsWrite(labels map[string]string) string {
	resource := resourceOf(labels)
	declared := labels["group"] == v1alpha1.GroupVersion.Group && labels["verb"] == "POST" && labels["subresource"] == ""
	played := strings.HasSuffix(labels["group"], ".azure.com") && labels["subresource"] == "status"
	if resource == "" || resource == "ipaddresses" || declared || played || slices.Contains([]string{"GET", "LIST", "WATCH"}, labels["verb"]) {
		return ""
	}
	what := labels["verb"] + " " + resource
	if code := labels["code"]; !strings.HasPrefix(code, "2") {
		what += " (refused: " + code + ")"
	}
	return what
}

// silent returns nil when the operator has asked nothing of the API server, and made no pass, for a while.
func (st *stage) silent(ctx context.Context) error {
	before, err := st.written(ctx)
	if err != nil {
		return err
	}
	if err := sleep(ctx, settleFor); err != nil {
		return err
	}
	now, err := st.written(ctx)
	added := now.minus(before)
	if err == nil && len(added.operator)+len(added.passes) > 0 {
		err = fmt.Errorf("in %v the operator made requests %v and passes %v", settleFor, added.operator, added.passes)
	}
	return err
}
