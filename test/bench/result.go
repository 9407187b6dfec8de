// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// What the figures are held to.
const (
	ratioNow, ratioAim = 0.5, 0.7
	ratioEdited        = 0.6
	// overBudget is how much longer registering may take than its budget makes it take, and growing how much
	// the operator's memory may grow while it looks at the same again and again.
	overBudget, growing = 1.3, 1.1
	// flat is how much more memory the operator may take for Secrets that are none of its business.
	flat = 1.05
	// dueDrift is within how many seconds a service owner must say that its data has left its region.
	dueDrift = 5
	// writesAbove is how many writes an App may cost besides one for each child.
	writesAbove = 3
)

// result is all that a bench found out.
type result struct {
	Date                time.Time
	Commit, Go, Machine string
	Settings            settings
	Pairs               []*pair
	Edited              []*editedRun
	Registered          *registeredRun
	Credentials         *credentialsRun
	Rotated             *rotatedRun
	Stored              *storedRun
	Admitted            *admittedRun
	Audited             *auditedRun
}

// pair is a run of the operator and one of the plain client with what the operator had made.
type pair struct {
	Plane    plane
	Operator *operatorRun
	Raw      *rawRun
}

func newResult(ctx context.Context, s settings) *result {
	return &result{
		Date: time.Now().UTC().Truncate(time.Second), Settings: s, Go: runtime.Version(), Commit: commit(ctx, s.root),
		Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
	}
}

// commit names what is checked out; a plus says that it has been changed.
func commit(ctx context.Context, root string) string {
	command := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return "not known"
	}
	return strings.TrimSpace(string(output))
}

func (r *result) add(p *pair) { r.Pairs = append(r.Pairs, p) }

// of returns the pairs of a plane.
func (r *result) of(plane plane) []*pair {
	var pairs []*pair
	for _, p := range r.Pairs {
		if p.Plane == plane {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// spread is a figure over all repetitions.
type spread struct{ Mean, Min, Max float64 }

func (s spread) String() string {
	if s.Min == s.Max {
		return fmt.Sprintf("%.2f", s.Mean)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Mean, s.Min, s.Max)
}

// undisturbed is what a time would have been on a machine that others took nothing of, if it went
// into computing as nearly all of it does.
func undisturbed(seconds, disturbance float64) float64 { return seconds * (1 - disturbance/100) }

// ratio is what the plain client took by what the operator took: the mean of one by the mean of the
// other, and the least and the greatest of any two.
func ratio[T any](runs []T, raw, operator func(T) float64) spread {
	var result spread
	var sumRaw, sumOperator float64
	for _, a := range runs {
		sumRaw += raw(a)
		sumOperator += operator(a)
		for _, b := range runs {
			one := raw(a) / operator(b)
			if result.Min == 0 || one < result.Min {
				result.Min = one
			}
			result.Max = max(result.Max, one)
		}
	}
	result.Mean = sumRaw / sumOperator
	return result
}
