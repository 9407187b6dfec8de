// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Scopes of the token (Digdir self-service API). Digdir gives them to a client by hand. Supplier is for speaking for others.
const (
	ScopeClientsRead     = "idporten:dcr.read"
	ScopeClientsModify   = "idporten:dcr.modify"
	ScopeClientsWrite    = "idporten:dcr.write"
	ScopeClientsSupplier = "idporten:dcr.supplier"
	ScopeScopesWrite     = "idporten:scopes.write"
)

// What errors.Is finds in a Refused.
var (
	// ErrScopeNotAccessible: the client's organisation has no access to one of its scopes, which the scope's owner must give.
	ErrScopeNotAccessible = errors.New("the organisation has no access to a scope")
	// ErrConsumerUnknown: no organisation of that number is a customer.
	ErrConsumerUnknown = errors.New("the organisation is not known to the self-service API")
	// ErrForeignScope: the scope's prefix is another organisation's, or nobody's yet. Digdir gives prefixes.
	ErrForeignScope = errors.New("the scope's prefix is not the service owner's")
	// ErrNoKeys: an empty set would end all use of the client. Clear says that this is wanted.
	ErrNoKeys = errors.New("the key set is empty")
	// ErrTooManyKeys: the set has more than MaxKeys.
	ErrTooManyKeys = errors.New("the key set has too many keys")
	// ErrNotPublic: a key is private, or no RSA key. It was not sent.
	ErrNotPublic = errors.New("a key of the set is not a public RSA key")
	// ErrKeyIDs: a key has no kid, or two have the same.
	ErrKeyIDs = errors.New("the keys of the set do not have a kid each")
)

// Tokens gives tokens for scopes; maskinporten.Source is one, without an exchange.
type Tokens interface {
	For(scopes ...string) external.Bearer
}

// API calls the self-service API for one service owner. It is Clients, Keys, Scopes and Accesses.
type API struct {
	http    *external.Client
	clients string
	scopes  string
	// Tokens by what they are for, so that clients can be looked after where the scopes cannot.
	clientToken external.Bearer
	scopeToken  external.Bearer
}

// New makes a client of the API at an address, such as https://api.samarbeid.digdir.no.
func New(base string, client *external.Client, tokens Tokens) (*API, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" {
		return nil, errors.New("configuring the self-service API: its address is no URL")
	}
	if client == nil || tokens == nil {
		return nil, errors.New("configuring the self-service API: the HTTP client or the source of tokens is missing")
	}
	root := strings.TrimRight(base, "/") + "/api/v1/"
	return &API{
		http:        client,
		clients:     root + "clients",
		scopes:      root + "scopes",
		clientToken: tokens.For(ScopeClientsRead, ScopeClientsModify, ScopeClientsWrite, ScopeClientsSupplier),
		scopeToken:  tokens.For(ScopeScopesWrite),
	}, nil
}

var (
	_ Clients  = (*API)(nil)
	_ Keys     = (*API)(nil)
	_ Scopes   = (*API)(nil)
	_ Accesses = (*API)(nil)
)

var (
	acceptJSON = http.Header{"Accept": {external.TypeJSON}}
	sendJSON   = http.Header{"Accept": {external.TypeJSON}, "Content-Type": {external.TypeJSON}}
	// absent are the types of a 404. The API has no other type than JSON; judge looks whether it is the API's own.
	absent = []string{external.TypeJSON, external.TypeProblem}
)

// below makes a URL of a base and of names. A name that would lead elsewhere is refused: escaping leaves dots as they are.
func (c *API) below(operation, base string, names ...string) (string, error) {
	for _, name := range names {
		if name == "" || name == "." || name == ".." {
			p := c.http.Problem(operation)
			p.Why = "a name is empty or consists of dots"
			return "", &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
		}
		base += "/" + url.PathEscape(name)
	}
	return base, nil
}

// refused makes a refusal of our own, without a call.
func (c *API) refused(operation string, cause error) error {
	p := c.http.Problem(operation)
	p.Why, p.Cause = cause.Error(), cause
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}

// reading is a call that reads.
func reading(operation, address string, bearer external.Bearer) external.Call {
	return external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       address,
		Header:    acceptJSON,
		Bearer:    bearer,
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Absent:    absent,
		Repeat:    external.Safe,
		Judge:     judge,
	}
}

// sending is a call that replaces a whole with a body, which comes to the same however often it is made.
func sending(operation, method, address string, body any) external.Call {
	return external.Call{
		Operation: operation,
		Method:    method,
		URL:       address,
		Header:    sendJSON,
		Body:      external.JSON(body),
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Absent:    absent,
		Repeat:    external.Safe,
		Judge:     judge,
	}
}

// removing is a call that deactivates or takes away.
func removing(operation, address string, bearer external.Bearer) external.Call {
	return external.Call{
		Operation: operation,
		Method:    http.MethodDelete,
		URL:       address,
		Header:    acceptJSON,
		Bearer:    bearer,
		Want:      []int{http.StatusNoContent, http.StatusOK},
		Absent:    absent,
		Repeat:    external.Safe,
		Judge:     judge,
	}
}

// unlessGone takes for done what there is nothing left to do of: it is not there, or is deactivated already, which a second
// attempt hears when the answer to the first was lost.
func unlessGone(err error) error {
	if external.IsNotFound(err) || external.IsConflict(err) {
		return nil
	}
	return err
}

// list reads a list. Null is none: it says nothing, and must not be taken for an empty one.
func list[T any](answer *external.Answer, p external.Problem) ([]T, error) {
	var all []T
	if err := answer.Decode(p, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, external.Later(p, "the answer is no list")
	}
	return all, nil
}
