// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDelaysAreTheMiddleAndTheHundredth(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(200-i)*time.Millisecond)
	}
	if diff := cmp.Diff(delays{P50: 101, P99: 199}, delaysOf(took)); diff != "" {
		t.Errorf("of 1 to 200 ms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(delays{P50: 3, P99: 3}, delaysOf([]time.Duration{3 * time.Millisecond})); diff != "" {
		t.Errorf("of one (-want +got):\n%s", diff)
	}
}

func TestWhatThePoliciesAddIsPrinted(t *testing.T) {
	run := &admittedRun{Apps: 500, Policies: 14, Without: delays{3, 8.25}, With: delays{3.5, 10}, Judged: tally{"0.005": 497, "0.025": 500, "+Inf": 500}, Disturbance: 4}
	var b strings.Builder
	run.print(&b)
	for _, line := range []string{
		"## What 14 admission policies add to an App's create, 500 Apps each", "| p50 | 3.0 | 3.5 | 0.5 | |", "| **p99** | 8.2 | 10.0 | **1.8** | < 5 |",
		"| creates that policies held up for at most 5 ms, by the API server's own clock, % | | 99.4 | | ≥ 99 |", "| taken by others, % of the machine | 4 | | | |",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("%q is not in\n%s", line, b.String())
		}
	}
}

func TestHowManyAppsAreAdmittedIsBounded(t *testing.T) {
	for count, good := range map[int]bool{0: true, 500: true, 5000: true, -1: false, 5001: false} {
		if err := (settings{Admitted: count}).checkAdmitted(); (err == nil) != good {
			t.Errorf("-admitted %d: %v", count, err)
		}
	}
}
