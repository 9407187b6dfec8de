// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Scopes of the registry (Altinn's Resource Registry).
const (
	ScopeResourceWrite   = "altinn:resourceregistry/resource.write"
	ScopeAccessListRead  = "altinn:resourceregistry/accesslist.read"
	ScopeAccessListWrite = "altinn:resourceregistry/accesslist.write"
)

// Codes of the registry's problems (Altinn's Resource Registry), as external.Problem has them.
const (
	CodePartyUnknown    = "RR-00001"
	CodeResourceUnknown = "RR-00002"
	CodeForeignResource = "RR-00004"
	CodeOwnerUnknown    = "RR.VLD-00010"
)

// What errors.Is finds in a Refused.
var (
	// ErrDeletionForbidden: this environment deletes no resources, as production does not (Altinn's Resource Registry). Withdraw it instead.
	ErrDeletionForbidden = errors.New("this environment does not delete resources")
	// ErrForeignOwner: the resource is, or would become, another owner's.
	ErrForeignOwner = errors.New("the resource is another owner's")
	// ErrNotXML: the policy is not well formed. The registry would answer 500, which says nothing.
	ErrNotXML = errors.New("the policy is not well-formed XML")
	// ErrPartyUnknown: a member is not in the register of parties.
	ErrPartyUnknown = errors.New("a member is not in the register")
)

// Resources are registered resources.
type Resources interface {
	// Get gives the newest version. It needs no token.
	// NotFound: never registered, or deleted, after which the identifier is burnt. TryLater: unknown, which is not "no".
	Get(ctx context.Context, identifier string) (*ServiceResource, error)
	// Create registers a resource.
	// Conflict: the identifier is taken, maybe by a deleted resource, or by us in a call that was not answered: Get, and
	// compare the owner. Refused: the resource is not valid, or its owner is not the token's. TryLater: it may be there now,
	// unless Unsent.
	Create(ctx context.Context, resource *ServiceResource) error
	// Put replaces stored, which Get gave, with wanted, and makes a new version even if nothing differs: compare first.
	// Refused with ErrForeignOwner and without a call: the two have not the same owner; the registry would not see that.
	// NotFound: deleted meanwhile. TryLater: it may be so now, unless Unsent.
	Put(ctx context.Context, stored, wanted *ServiceResource) error
	// Delete removes all versions and burns the identifier. What is not there is deleted: nil.
	// Refused with ErrDeletionForbidden: never in this environment. Refused without: not ours. TryLater: maybe gone.
	Delete(ctx context.Context, identifier string) error
}

// Policies are the XACML policies of registered resources.
type Policies interface {
	// Policy gives the XML as it was uploaded. It needs no token.
	// NotFound: the resource has none, or is not there itself. TryLater: unknown, which is not "no".
	Policy(ctx context.Context, identifier string) ([]byte, error)
	// PutPolicy uploads a policy in the place of any there is. Compare first: each upload is news in the registry's feeds.
	// NotFound: the resource is not there. Refused with ErrNotXML and without a call: nobody could read it. Refused: it names
	// another resource, or the stored owner is not the token's. TryLater: it may be there now, unless Unsent.
	PutPolicy(ctx context.Context, identifier string, policy []byte) error
}

// Tokens gives tokens for scopes; maskinporten.Source is one.
type Tokens interface {
	For(scopes ...string) external.Bearer
}

// Client calls the registry. It is Resources, Policies, AccessLists, Members and Connections.
type Client struct {
	http      *external.Client
	resources string
	lists     string
	// Tokens by what they are for, so that one who may only write resources needs no more.
	resourceToken external.Bearer
	listToken     external.Bearer
}

// New makes a client of the registry at a platform, such as https://platform.altinn.no.
func New(platform string, client *external.Client, tokens Tokens) (*Client, error) {
	base, err := url.Parse(platform)
	if err != nil || base.Host == "" {
		return nil, errors.New("configuring the Resource Registry: the platform's address is no URL")
	}
	if client == nil || tokens == nil {
		return nil, errors.New("configuring the Resource Registry: the HTTP client or the source of tokens is missing")
	}
	root := strings.TrimRight(platform, "/") + "/resourceregistry/api/v1/"
	return &Client{
		http:          client,
		resources:     root + "resource",
		lists:         root + "access-lists",
		resourceToken: tokens.For(ScopeResourceWrite),
		listToken:     tokens.For(ScopeAccessListRead, ScopeAccessListWrite),
	}, nil
}

var (
	_ Resources   = (*Client)(nil)
	_ Policies    = (*Client)(nil)
	_ AccessLists = (*Client)(nil)
	_ Members     = (*Client)(nil)
	_ Connections = (*Client)(nil)
)

var (
	acceptJSON = http.Header{"Accept": {external.TypeJSON}}
	sendJSON   = http.Header{"Accept": {external.TypeJSON}, "Content-Type": {external.TypeJSON}}
)

// below makes a URL of a base and of names. A name that would lead elsewhere is refused: escaping leaves dots as they are.
func (c *Client) below(operation, base string, names ...string) (string, error) {
	for _, name := range names {
		if name == "" || name == "." || name == ".." {
			p := c.http.Problem(operation)
			p.Why = "a name is empty or consists of dots"
			return "", &external.Refused{Problem: p, Actor: v1alpha1.ActorServiceOwner}
		}
		base += "/" + url.PathEscape(name)
	}
	return base, nil
}

// refused makes a refusal of our own, without a call.
func (c *Client) refused(operation string, cause error, actor v1alpha1.Actor) error {
	p := c.http.Problem(operation)
	p.Why, p.Cause = cause.Error(), cause
	return &external.Refused{Problem: p, Actor: actor}
}
