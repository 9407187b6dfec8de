// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
)

// Exit codes.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitNotProven = 3
)

const usage = `Usage:
  kubectl altinn records [flags]           write the record of processing activities (GDPR art. 30)
  kubectl altinn prove isolation [flags]   prove that nothing is open between Apps, or outwards, that is not declared

Flags of records:
  --owner CODE        one service owner, as skd; by default all
  -o, --output FORM   json, csv or html (default json)
  --language CODE     language of labels: nb or en (default nb)

Flags of prove isolation:
  --owner CODE        one service owner, as skd, with its neighbours; by default all
  -o, --output FORM   text, json, html or dot (default text)

Flags of both:
  --kubeconfig FILE   the kubeconfig; by default as kubectl
  --context NAME      the kubeconfig's context; by default the current one
`

// patience is how long the cluster may take to answer everything.
const patience = time.Minute

// program is the plugin with all it touches.
type program struct {
	stdout, stderr io.Writer
	now            func() time.Time
	// connect reaches a cluster by a kubeconfig and its context, both empty for the usual ones.
	connect func(kubeconfig, context string) (client.Reader, error)
}

// options are the flags of a command.
type options struct {
	owner, output, language, kubeconfig, context string
}

// usageError is a mistake on the command line.
type usageError struct{ error }

// writers are the forms of a record.
var writers = map[string]func(records.Record) ([]byte, error){
	"json": records.JSON, "csv": records.CSV, "html": records.HTML,
}

// run does what the command line says, and returns the exit code.
func (p program) run(ctx context.Context, arguments []string) int {
	content, code, err := p.answer(ctx, arguments)
	if err == nil {
		_, err = p.stdout.Write(content)
	}
	if err == nil {
		return code
	}
	fmt.Fprintln(p.stderr, "kubectl altinn:", err)
	var wrongUsage usageError
	var unknownOwner *records.UnknownOwnerError
	if errors.As(err, &wrongUsage) || errors.As(err, &unknownOwner) {
		return exitUsage
	}
	return exitFailed
}

// answer is everything that is to be written, and the exit code when it is.
func (p program) answer(ctx context.Context, arguments []string) ([]byte, int, error) {
	if len(arguments) == 0 {
		return nil, exitUsage, usageError{errors.New("say what to do: records, prove isolation, or help")}
	}
	switch command, rest := arguments[0], arguments[1:]; command {
	case "records":
		o, err := parse(rest)
		if errors.Is(err, flag.ErrHelp) {
			return []byte(usage), exitDone, nil
		}
		if err != nil {
			return nil, exitUsage, usageError{err}
		}
		content, err := p.records(ctx, o)
		return content, exitDone, err
	case "prove":
		return p.answerProof(ctx, rest)
	case "help", "-h", "-help", "--help":
		return []byte(usage), exitDone, nil
	default:
		return nil, exitUsage, usageError{fmt.Errorf("there is no command %q: say records, prove isolation, or help", command)}
	}
}

func parse(arguments []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("records", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.owner, "owner", "", "")
	flags.StringVar(&o.output, "o", "json", "")
	flags.StringVar(&o.output, "output", "json", "")
	flags.StringVar(&o.language, "language", string(records.Bokmal), "")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "")
	flags.StringVar(&o.context, "context", "", "")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("records takes flags only, not %q; see kubectl altinn help", flags.Arg(0))
	}
	if writers[o.output] == nil {
		return o, fmt.Errorf("--output %q is not allowed: say json, csv or html", o.output)
	}
	if !slices.Contains(records.Languages, records.Language(o.language)) {
		return o, fmt.Errorf("--language %q is not allowed: say nb or en", o.language)
	}
	return o, nil
}

// records reads the cluster and writes its record in the form asked for.
func (p program) records(ctx context.Context, o options) ([]byte, error) {
	reader, err := p.connect(o.kubeconfig, o.context)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := records.Gather(ctx, reader, strings.TrimSpace(o.owner))
	if err != nil {
		return nil, err
	}
	return writers[o.output](records.Build(found, records.Language(o.language), p.now()))
}
