// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// proofPatience is how long the cluster may take to answer everything: of ten thousand Apps there are a hundred
// thousand objects.
const proofPatience = 5 * time.Minute

// proofs are the forms of a proof.
var proofs = map[string]func(prove.Proof) ([]byte, error){
	"text": prove.Text, "json": prove.JSON, "html": prove.HTML, "dot": prove.DOT,
}

// answerProof is the proof that is asked for, and the exit code for its verdict.
func (p program) answerProof(ctx context.Context, arguments []string) ([]byte, int, error) {
	o, err := parseProof(arguments)
	if errors.Is(err, flag.ErrHelp) {
		return []byte(usage), exitDone, nil
	}
	if err != nil {
		return nil, exitUsage, usageError{err}
	}
	reader, err := p.connect(o.kubeconfig, o.context)
	if err != nil {
		return nil, exitFailed, err
	}
	ctx, cancel := context.WithTimeout(ctx, proofPatience)
	defer cancel()
	owner := strings.TrimSpace(o.owner)
	at := p.now()
	found, err := prove.Gather(ctx, reader, owner)
	if unknown := (*prove.UnknownOwnerError)(nil); errors.As(err, &unknown) {
		return nil, exitUsage, usageError{err}
	}
	if err != nil {
		return nil, exitFailed, err
	}
	proof := prove.Build(found, owner, at)
	content, err := proofs[o.output](proof)
	if proof.Verdict.Result != prove.ResultProven {
		return content, exitNotProven, err
	}
	return content, exitDone, err
}

func parseProof(arguments []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.owner, "owner", "", "")
	flags.StringVar(&o.output, "o", "text", "")
	flags.StringVar(&o.output, "output", "text", "")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "")
	flags.StringVar(&o.context, "context", "", "")
	what := ""
	if len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") {
		what, arguments = arguments[0], arguments[1:]
	}
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if what != "isolation" {
		return o, fmt.Errorf("prove %q is not known: say prove isolation", what)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("prove isolation takes flags only, not %q; see kubectl altinn help", flags.Arg(0))
	}
	if proofs[o.output] == nil {
		return o, fmt.Errorf("--output %q is not allowed: say text, json, html or dot", o.output)
	}
	return o, nil
}
