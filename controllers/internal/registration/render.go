// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// Action is what is to become of what is registered.
type Action int

// Actions. The zero value is none of them, so that a forgotten plan does nothing.
const (
	// Leave: it stays as it is, or is not there at all.
	Leave Action = iota + 1
	// Register: it is there as declared.
	Register
	// Withdraw: if it is there, nobody finds or uses it.
	Withdraw
)

// Plan is what the registry is to hold of a resource.
type Plan struct {
	// Action is what to do.
	Action Action
	// Entry is what is to be there; of a withdrawal, only names, owner and policy are read.
	Entry Entry
	// Next is the instant at which the plan may be another; zero when there is none.
	Next time.Time
}

// Entry is a resource in the registry with all that belongs to it.
type Entry struct {
	// Identifier is its id.
	Identifier string
	// Owner is the service owner it is registered to.
	Owner registry.Owner
	// Resource is what the registry shows of it.
	Resource registry.ServiceResource
	// Policy renders who may do what; nil leaves the policy that is there. It is asked where the registry is
	// told, and not where the status is: to render one costs a hundred times what it takes to tell whether
	// another is wanted.
	Policy func() xacml.Policy
	// Rules are what Policy renders, as they are declared.
	Rules any
	// List is the access list of those who may ask; its zero value is none.
	List List
	// Adopt lets what the owner registered by other means be taken over.
	Adopt bool
	// AcceptsBreaking lets a change be made that breaks those who ask for it.
	AcceptsBreaking bool
}

// List is an access list and the organisations on it.
type List struct {
	Identifier  string
	Name        string
	Description string
	// Members are the numbers of the organisations.
	Members []string
}

// edition is raised when the same declaration comes to be rendered in another way, so that what an earlier
// operator registered is not taken for somebody else's change.
const edition = 1

// Revision is a digest of what a plan declares. It does not depend on what the plan permits.
func (p Plan) Revision() string {
	declared := struct {
		Edition   int
		Withdrawn bool
		Resource  *registry.ServiceResource
		Rules     any
		List      List
	}{Edition: edition, Withdrawn: p.Action == Withdraw}
	if p.Action == Register {
		declared.Resource, declared.Rules, declared.List = &p.Entry.Resource, p.Entry.Rules, p.Entry.List
		declared.List.Members = slices.Sorted(slices.Values(p.Entry.List.Members))
	}
	raw, err := json.Marshal(declared)
	if err != nil { // texts and numbers always can be written
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// withdrawn is a resource as it stands when nobody is to find or use it.
func withdrawn(stored *registry.ServiceResource) *registry.ServiceResource {
	out := *stored
	out.Status, out.Visible, out.Delegable = registry.StatusWithdrawn, false, false
	return &out
}
