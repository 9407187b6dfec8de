// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Plan is who goes on a journey, and what for.
type Plan struct {
	Bank    *Bank
	Citizen *Citizen
	Source  *DataSource
	// Request is what the bank asks for. Whom it asks, for which resource and the way back are filled in.
	Request Request
	// Answer is what the citizen says: Accepted or Rejected; empty is Accepted.
	Answer string
}

// Story is what happened, as far as the journey went.
type Story struct {
	// Steps are those that were taken, in words.
	Steps []string
	// Asked is the request as the bank was shown it, at step 2.
	Asked *Consent
	// Page is what the citizen read, at step 3.
	Page *Page
	// Answered is the consent as Altinn keeps it, in the citizen's own log, at step 4.
	Answered *Consent
	// Returned is what the bank's page said when she came back, at step 5.
	Returned *Returned
	// Token is what the bank was given at step 7, and Granted the consent in it.
	Token   string
	Granted *Granted
	// Data are what the source told at step 9.
	Data json.RawMessage
	// Final is the consent afterwards, with its log, as the bank sees it.
	Final *Consent
}

// Walk takes the nine steps. After a rejection the journey ends at the fifth, which is no error. An error names the step that
// failed, and the story tells what came before; what a system refused is found in the error by Refused.
func Walk(ctx context.Context, plan Plan) (*Story, error) {
	w := &walk{Plan: plan, story: &Story{}}
	w.pages = &loans{bank: plan.Bank, request: plan.Request}
	w.pages.request.Resource = plan.Source.Resource
	var err error
	for _, served := range []struct {
		handler http.Handler
		address *string
	}{{w.pages, &w.bankURL}, {plan.Source, &w.sourceURL}} {
		var stop func()
		if *served.address, stop, err = serve(ctx, served.handler); err != nil {
			return w.story, err
		}
		defer stop()
	}
	for _, step := range w.steps() {
		if err := step.take(ctx); err != nil {
			return w.story, fmt.Errorf("%s: %w", step.sentence, err)
		}
		w.story.Steps = append(w.story.Steps, step.sentence)
	}
	w.story.Final, err = plan.Bank.Consent(ctx, w.story.Asked.ID)
	return w.story, err
}

// walk is a journey under way.
type walk struct {
	Plan
	story     *Story
	pages     *loans
	bankURL   string
	sourceURL string
	viewURI   string
	backURL   string
}

type step struct {
	sentence string
	take     func(context.Context) error
}

func (w *walk) steps() []step {
	toTheAnswer := []step{
		{"1 the citizen opens the bank's page", w.openPage},
		{"2 she confirms, and is sent to Altinn", w.confirm},
		{"3 she logs in, reads and answers", w.readAndAnswer},
		{"4 Altinn keeps the answer", w.findAnswer},
		{"5 she is sent back to the bank", w.goBack},
	}
	if w.Answer == Rejected {
		return toTheAnswer
	}
	return append(toTheAnswer,
		step{"6 the bank asks Maskinporten for a token", w.askToken},
		step{"7 the token says all", w.readToken},
		step{"8 the bank shows it to the data source", w.fetch},
		step{"9 the data source verifies it and answers", w.readData},
	)
}

func (w *walk) openPage(ctx context.Context) error {
	_, err := w.Citizen.visit(ctx, "opening the bank's page", w.bankURL+loanPath, nil)
	return err
}

func (w *walk) confirm(ctx context.Context) error {
	form := url.Values{"person": {w.Citizen.Number}}
	got, err := w.Citizen.visit(ctx, "applying for a loan", w.bankURL+loanPath, form)
	asked, trouble := w.pages.result()
	if err != nil {
		return cmp.Or(trouble, err) // the page does not say why, but the bank knows
	}
	w.story.Asked, w.viewURI = asked, got.header.Get("Location")
	if got.status != http.StatusSeeOther || w.viewURI == "" {
		return fmt.Errorf("applying for a loan: the answer was %d, and leads nowhere", got.status)
	}
	return nil
}

func (w *walk) readAndAnswer(ctx context.Context) error {
	var err error
	if w.story.Page, err = w.Citizen.Read(ctx, w.viewURI); err != nil {
		return err
	}
	answer := w.Citizen.Accept
	if w.Answer == Rejected {
		answer = w.Citizen.Reject
	}
	answered, err := answer(ctx, w.story.Asked.ID)
	if err != nil {
		return err
	}
	w.backURL = answered.RedirectURL
	return nil
}

func (w *walk) findAnswer(ctx context.Context) error {
	kept, err := w.Citizen.Consent(ctx, w.story.Asked.ID)
	if err != nil {
		return err
	}
	w.story.Answered = kept
	if wanted := cmp.Or(w.Answer, Accepted); kept.Status != wanted {
		return fmt.Errorf("reading her consent log: it says %s, not %s", kept.Status, wanted)
	}
	return nil
}

func (w *walk) goBack(ctx context.Context) error {
	returned, _, err := callFor[Returned](ctx, w.Citizen.World, "going back to the bank", call{url: w.backURL})
	w.story.Returned = returned
	return err
}

func (w *walk) askToken(ctx context.Context) error {
	var err error
	w.story.Token, err = w.Bank.Token(ctx, w.story.Returned.Consent, w.Citizen.Number, w.Source.Scope)
	return err
}

func (w *walk) readToken(context.Context) error {
	claims, err := ReadToken(w.story.Token)
	if err != nil {
		return err
	}
	for i, granted := range claims.Details {
		if granted.Type == consentType && granted.ID == w.story.Asked.ID {
			w.story.Granted = &claims.Details[i]
			return nil
		}
	}
	return fmt.Errorf("reading the token: the consent %s is not in it", w.story.Asked.ID)
}

func (w *walk) fetch(ctx context.Context) error {
	question := Question{From: PersonURN(w.Citizen.Number), Metadata: w.Request.Metadata}
	var err error
	w.story.Data, err = w.Bank.Fetch(ctx, w.sourceURL, w.story.Token, question)
	return err
}

func (w *walk) readData(context.Context) error {
	if !json.Valid(w.story.Data) {
		return fmt.Errorf("reading the data: %q is no JSON", w.story.Data)
	}
	return nil
}

// serve lets a handler answer at an address of this machine until it is stopped.
func serve(ctx context.Context, handler http.Handler) (address string, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("opening a server for the journey: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends when it is closed, and a call to it would tell of any other end
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}
