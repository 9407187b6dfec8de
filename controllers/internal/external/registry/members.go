// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const (
	// maxMembers is how many members one call may name (Altinn's Resource Registry).
	maxMembers      = 100
	urnOrganisation = "urn:altinn:organization:identifier-no"
)

// ErrNotAnOrganisation is found in a Refused about a member that is no organisation's number, and is not sent: it may be a
// person's.
var ErrNotAnOrganisation = errors.New("a member is not named by the nine digits of an organisation")

var organisationNumber = regexp.MustCompile(`^[0-9]{9}$`)

// Roster is who is on a list of a version.
type Roster struct {
	Members []Member
	Version Version
}

// Member is a party on a list. Organisation is its number, and empty for what is no organisation.
type Member struct {
	Party        string
	Organisation string
}

// Members are those of an access list.
type Members interface {
	// Members reads all of them, of one version of the list. NotFound: there is no such list. TryLater: unknown, which is not
	// "nobody".
	Members(ctx context.Context, key ListKey) (*Roster, error)
	// ReplaceMembers leaves on the list that from was read of the organisations wanted, by number, and no other; it gives the
	// version after that. Up to 100 are one call. More are added first and the others removed then, so that whoever stays is
	// never missing.
	// Conflict: the list is another by now. NotFound: it is gone. Refused with ErrPartyUnknown: a number nobody has.
	// TryLater, and Conflict among several calls: some may be done. Read again; what is right already is not done twice.
	ReplaceMembers(ctx context.Context, key ListKey, from *Roster, wanted []string) (Version, error)
}

// memberShown is a member in an answer.
type memberShown struct {
	ID          string `json:"id"` // urn:altinn:party:uuid:…
	Identifiers struct {
		Organisation string `json:"urn:altinn:organization:identifier-no"`
	} `json:"identifiers"`
}

// Members implements Members.
func (c *Client) Members(ctx context.Context, key ListKey) (*Roster, error) {
	const operation = "get members"
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier, "members")
	if err != nil {
		return nil, err
	}
	shown, version, err := readAll[memberShown](ctx, c, operation, address)
	if err != nil {
		return nil, err
	}
	roster := &Roster{Version: version, Members: make([]Member, 0, len(shown))}
	for _, member := range shown {
		roster.Members = append(roster.Members, Member{Party: member.ID, Organisation: member.Identifiers.Organisation})
	}
	return roster, nil
}

// ReplaceMembers implements Members.
func (c *Client) ReplaceMembers(ctx context.Context, key ListKey, from *Roster, wanted []string) (Version, error) {
	const operation = "replace members"
	if from.Version == Absent {
		return Absent, c.absent(operation)
	}
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier, "members")
	if err != nil {
		return Absent, err
	}
	wanted = slices.Compact(slices.Sorted(slices.Values(wanted)))
	for _, number := range wanted {
		if !organisationNumber.MatchString(number) {
			return Absent, c.refused(operation, ErrNotAnOrganisation, v1alpha1.ActorServiceOwner)
		}
	}
	version := from.Version
	for _, step := range stepsTo(from, wanted) {
		call := c.listWrite(operation, step.method, address, version)
		call.Body = external.JSON(map[string][]string{"data": step.parties})
		if version, err = c.write(ctx, call); err != nil {
			return Absent, err
		}
	}
	return version, nil
}

// step is one call that changes members.
type step struct {
	method  string
	parties []string
}

// stepsTo are the calls that lead from what is there to what is wanted.
func stepsTo(from *Roster, wanted []string) []step {
	if len(wanted) <= maxMembers {
		return []step{{http.MethodPut, urns(wanted)}}
	}
	var missing, surplus []string
	there := map[string]bool{}
	for _, member := range from.Members {
		there[member.Organisation] = true
		if _, stays := slices.BinarySearch(wanted, member.Organisation); !stays {
			surplus = append(surplus, member.Party)
		}
	}
	for _, number := range wanted {
		if !there[number] {
			missing = append(missing, number)
		}
	}
	var steps []step
	for chunk := range slices.Chunk(urns(missing), maxMembers) {
		steps = append(steps, step{http.MethodPost, chunk})
	}
	for chunk := range slices.Chunk(surplus, maxMembers) {
		steps = append(steps, step{http.MethodDelete, chunk})
	}
	return steps
}

func urns(numbers []string) []string {
	named := make([]string, 0, len(numbers))
	for _, number := range numbers {
		named = append(named, urnOrganisation+":"+number)
	}
	return named
}
