// SPDX-License-Identifier: BSD-3-Clause

package journey_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/test/journey"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// scope is the data source's.
const scope = "skd:inntekt"

// privateKey is made once, since making one takes time; all banks of these tests share it.
var privateKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := privateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// scene is a sandbox where skd-income is registered: a bank on its list, one that is not, a borrower and the data source.
type scene struct {
	*registry
	server   *sandbox.Server
	world    *journey.World
	bank     *journey.Bank
	outsider *journey.Bank
	citizen  *journey.Citizen
	source   *journey.DataSource
}

func newScene(t *testing.T) *scene {
	t.Helper()
	owner, server := startSandbox(t)
	owner.list(sandbox.BankNumber)
	owner.register(income, nil)
	world := journey.Sandbox(owner.url, nil)
	s := &scene{
		registry: owner,
		server:   server,
		world:    world,
		citizen:  &journey.Citizen{World: world, Number: sandbox.BorrowerNumber, Language: "nb"},
		source:   world.DataSource(scope, income),
	}
	s.source.Records[sandbox.BorrowerNumber] = map[string]int{"income": 512000}
	s.bank, s.outsider = s.newBank(sandbox.BankNumber), s.newBank(sandbox.FinanceNumber)
	return s
}

func (s *scene) newBank(number string) *journey.Bank {
	s.t.Helper()
	id := "bank-" + number
	made := &journey.Bank{
		World: s.world, Organisation: number, ClientID: id,
		Key: jose.JSONWebKey{Key: newKey(s.t), KeyID: id + "-1", Algorithm: "RS256"},
	}
	s.must(journey.Enrol(s.t.Context(), made, scope))
	return made
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// in goes on with the scene in a subtest.
func (s *scene) in(t *testing.T) *scene {
	there, owner := *s, *s.registry
	owner.t = t
	there.registry = &owner
	return &there
}

// plan is a journey that goes well, in a language.
func (s *scene) plan(language string) journey.Plan {
	citizen := *s.citizen
	citizen.Language = language
	return journey.Plan{
		Bank: s.bank, Citizen: &citizen, Source: s.source,
		Request: journey.Request{
			Metadata: map[string]string{"inntektsaar": "2025"},
			Message: map[string]string{
				"nb": "Du har søkt om lån", "nn": "Du har søkt om lån", "en": "You have applied for a loan",
			},
		},
	}
}

// request is what the bank asks in it.
func (s *scene) request() journey.Request {
	request := s.plan("nb").Request
	request.From, request.Resource, request.RedirectURL = s.citizen.Number, income, "https://bank.example.no/loan"
	return request
}

// asked makes a request that is taken.
func (s *scene) asked(request journey.Request) *journey.Consent {
	s.t.Helper()
	consent, err := s.bank.Ask(s.t.Context(), request)
	s.must(err)
	return consent
}

// accepted makes a consent that is given, and tells its id.
func (s *scene) accepted(request journey.Request) string {
	s.t.Helper()
	consent := s.asked(request)
	_, err := s.citizen.Accept(s.t.Context(), consent.ID)
	s.must(err)
	return consent.ID
}

func (s *scene) consent(id string) *journey.Consent {
	s.t.Helper()
	found, err := s.bank.Consent(s.t.Context(), id)
	s.must(err)
	return found
}

func (s *scene) token(id string) string {
	s.t.Helper()
	token, err := s.bank.Token(s.t.Context(), id, s.citizen.Number, scope)
	s.must(err)
	return token
}

func (s *scene) advance(by time.Duration) {
	s.t.Helper()
	s.must(s.world.Advance(s.t.Context(), by))
}

// refused wants a status, and a code where there is one.
func (s *scene) refused(err error, status int, code string) {
	s.t.Helper()
	if refusal := s.refusal(err, status); code != "" && !refusal.Has(code) {
		s.t.Errorf("want the code %s, got %v", code, err)
	}
}

// refusal wants a status, and gives all that was said.
func (s *scene) refusal(err error, status int) *journey.Refusal {
	s.t.Helper()
	refusal := journey.Refused(err)
	if refusal == nil || refusal.Status != status {
		s.t.Fatalf("want the status %d, got %v", status, err)
	}
	return refusal
}

// noToken wants Maskinporten to refuse a token by a consent, for a reason of Altinn's.
func (s *scene) noToken(bank *journey.Bank, id, reason string) {
	s.t.Helper()
	_, err := bank.Token(s.t.Context(), id, s.citizen.Number, scope)
	s.refused(err, 400, "MP-303")
	s.refused(err, 400, reason)
}

// serving lets the data source answer while the test lasts.
func (s *scene) serving(source *journey.DataSource) string {
	web := httptest.NewServer(source)
	s.t.Cleanup(web.Close)
	return web.URL
}

// question is the one the bank has a right to ask.
func (s *scene) question() journey.Question {
	return journey.Question{From: journey.PersonURN(s.citizen.Number), Metadata: s.request().Metadata}
}

// denied wants a source to give a reason and no data.
func (s *scene) denied(source, token string, question journey.Question, status int, reason string) {
	s.t.Helper()
	_, err := s.bank.Fetch(s.t.Context(), source, token, question)
	if refusal := s.refusal(err, status); !strings.Contains(refusal.Body, reason) {
		s.t.Errorf("want the reason %q, got %v", reason, err)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("- want, + got:\n%s", difference)
	}
}
