// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"testing"
	"time"
)

// Target is an environment to hold to the contract. What it cannot offer is left out, and its rules are skipped.
type Target struct {
	// BaseURL is Altinn's platform, MaskinportenURL the token server; both without a slash at the end.
	BaseURL         string
	MaskinportenURL string
	// SelfServiceURL is Digdir's self-service API; empty is BaseURL.
	SelfServiceURL string
	// Issuers are ID-porten and Ansattporten, without a slash at the end. None skips what they publish.
	Issuers []string
	HTTP    *http.Client
	// Production is true where resources cannot be deleted.
	Production bool

	// Owner and Foreign are service owners with the scopes of the registry. Owner's client has a second, expired key.
	Owner   Credentials
	Foreign Credentials
	// Bank and Outsider are enterprises that may ask for consents; only the bank is put on the access list.
	Bank     Credentials
	Outsider Credentials
	// Supplier may call self-service on behalf of Owner and Foreign, whose codes are prefixes of scopes. Without one its rules
	// are skipped.
	Supplier Credentials
	// Propagation is how long the token endpoint may be behind self-service.
	Propagation time.Duration
	// Members are at least 101 organisations the register knows, and Unknown is one it does not.
	Members []string
	Unknown string
	// Borrower is the number of a person who can log in.
	Borrower string
	// LogIn gives the token a person has in the portal. Nil skips what people do.
	LogIn func(t testing.TB, person string) string
	// Advance moves the environment's clock. Nil skips what needs time to pass.
	Advance func(t testing.TB, by time.Duration)
}

// Credentials are a client of Maskinporten.
type Credentials struct {
	ClientID     string
	KeyID        string
	Key          any // a private key as go-jose takes it
	ExpiredKeyID string
	ExpiredKey   any
	Organisation string
	Code         string
	Scopes       string
	// Ungranted is a scope on the client to which its organisation has no access.
	Ungranted string
}

// rule is a sentence that holds for the environment, and how to see that it does.
type rule struct {
	sentence string
	holds    func(*session)
}

// Run holds a target to all rules. Each makes what it needs under names of its own, and leaves it there: in production
// nothing can be deleted anyway.
func Run(t *testing.T, target Target) {
	if target.HTTP == nil {
		target.HTTP = http.DefaultClient
	}
	run := newRun(target)
	for _, chapter := range []struct {
		name  string
		rules []rule
	}{
		{"grants", grantRules},
		{"tokens", tokenRules},
		{"scopes", scopeRules},
		{"resources", resourceRules},
		{"texts and references", textRules},
		{"replacing a resource", replaceRules},
		{"deleting a resource", deleteRules},
		{"policies", policyRules},
		{"what policies say", policyReadRules},
		{"feeds", feedRules},
		{"access lists", accessListRules},
		{"conditions", conditionRules},
		{"members", memberRules},
		{"connections", connectionRules},
		{"asking for consent", consentRequestRules},
		{"answering", consentAnswerRules},
		{"consent tokens", consentTokenRules},
		{"consent log", consentLogRules},
		{"clients in self-service", clientRules},
		{"fields of clients", clientFieldRules},
		{"keys of clients", keyRules},
		{"tokens for clients in self-service", registeredGrantRules},
		{"scopes in self-service", scopeRegistryRules},
		{"access to scopes", accessRules},
		{"issuers", issuerRules},
	} {
		t.Run(chapter.name, func(t *testing.T) {
			for _, rule := range chapter.rules {
				t.Run(rule.sentence, func(t *testing.T) { rule.holds(run.session(t)) })
			}
		})
	}
}
