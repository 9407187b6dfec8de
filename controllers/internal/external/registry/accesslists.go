// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"net/http"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// ListKey names an access list: the owner by its code, since its number is refused (Altinn's Resource Registry).
type ListKey struct {
	Owner      string
	Identifier string
}

// Version is what a list was when it was read: its ETag, weak and opaque. Members and connections are part of the list, so
// that a change of any of them makes another version.
type Version string

const (
	// Absent is the version of a list that is not there.
	Absent Version = ""
	// AnyVersion is for writes that are right whatever the list is meanwhile.
	AnyVersion Version = "*"
)

// AccessList is what a list says of itself.
type AccessList struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Version     Version `json:"-"`
}

// Says says whether a list is there and goes by a name and a description.
func (l *AccessList) Says(name, description string) bool {
	return l != nil && l.Name == name && l.Description == description
}

// AccessLists are the lists themselves. For all three, and for Members and Connections: Refused without a cause means that
// the token is not the owner's, or that the owner is not a registered code.
type AccessLists interface {
	// List reads a list. NotFound: there is none. TryLater: unknown, which is not "no".
	List(ctx context.Context, key ListKey) (*AccessList, error)
	// PutList makes a list when wanted.Version is Absent, and else changes the one of that version; an equal one stays as it
	// is. It gives the version after that.
	// Conflict: it is there already, or is another by now, or is gone. TryLater: it may be so now, unless Unsent.
	PutList(ctx context.Context, key ListKey, wanted AccessList) (Version, error)
	// DeleteList removes a list with its members and connections. What is not there is deleted: nil.
	// Conflict: it is another by now. TryLater: it may be gone, unless Unsent.
	DeleteList(ctx context.Context, key ListKey, on Version) error
}

// List implements AccessLists.
func (c *Client) List(ctx context.Context, key ListKey) (*AccessList, error) {
	const operation = "get access list"
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(ctx, c.listRead(operation, address))
	if err != nil {
		return nil, err
	}
	var read AccessList
	if err := answer.Decode(c.http.Problem(operation), &read); err != nil {
		return nil, err
	}
	read.Version, err = c.versionOf(operation, answer)
	return &read, err
}

// PutList implements AccessLists.
func (c *Client) PutList(ctx context.Context, key ListKey, wanted AccessList) (Version, error) {
	const operation = "put access list"
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier)
	if err != nil {
		return Absent, err
	}
	call := c.listWrite(operation, http.MethodPut, address, wanted.Version)
	if wanted.Version == Absent {
		call.Header.Set("If-None-Match", "*")
	}
	call.Body = external.JSON(wanted)
	return c.write(ctx, call)
}

// DeleteList implements AccessLists.
func (c *Client) DeleteList(ctx context.Context, key ListKey, on Version) error {
	const operation = "delete access list"
	if on == Absent {
		return nil
	}
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, c.listWrite(operation, http.MethodDelete, address, on))
	if external.IsNotFound(err) {
		return nil
	}
	return err
}

// listRead is a call that reads something of a list.
func (c *Client) listRead(operation, address string) external.Call {
	return external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       address,
		Header:    acceptJSON,
		Bearer:    c.listToken,
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Repeat:    external.Safe,
		Judge:     judgeList,
	}
}

// listWrite is a call that changes something of a list of a version. On a version it is made once: after an answer that was
// lost, a second one would only hear that the version is gone. On any version it comes to the same however often it is made.
func (c *Client) listWrite(operation, method, address string, on Version) external.Call {
	call := external.Call{
		Operation: operation,
		Method:    method,
		URL:       address,
		Header:    sendJSON.Clone(),
		Bearer:    c.listToken,
		Want:      []int{http.StatusOK, http.StatusCreated, http.StatusNoContent},
		Repeat:    external.Once,
		Judge:     judgeList,
	}
	if on == AnyVersion {
		call.Repeat = external.Safe
	}
	if on != Absent && on != AnyVersion {
		call.Header.Set("If-Match", string(on))
	}
	return call
}

// write makes a call that is answered with the list's new version.
func (c *Client) write(ctx context.Context, call external.Call) (Version, error) {
	call.Answers = []string{external.TypeJSON}
	call.Want = []int{http.StatusOK, http.StatusCreated}
	answer, err := c.http.Do(ctx, call)
	if err != nil {
		return Absent, err
	}
	return c.versionOf(call.Operation, answer)
}

// versionOf wants a version, since a write without one could undo somebody else's.
func (c *Client) versionOf(operation string, answer *external.Answer) (Version, error) {
	tag := answer.Header.Get("ETag")
	if tag == "" {
		return Absent, external.Later(c.http.Problem(operation), "the answer has no version")
	}
	return Version(tag), nil
}

// absent is the answer to changing what hangs on a list that was not there when it was read.
func (c *Client) absent(operation string) error {
	p := c.http.Problem(operation)
	p.Why = "the access list was not there when it was read"
	return &external.NotFound{Problem: p}
}

// judgeList knows the codes of Altinn's Resource Registry.
func judgeList(_ *external.Answer, p external.Problem) error {
	switch p.Code {
	case CodePartyUnknown:
		p.Why, p.Cause = ErrPartyUnknown.Error(), ErrPartyUnknown
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorServiceOwner}
	case CodeResourceUnknown:
		return &external.NotFound{Problem: p}
	case CodeForeignResource:
		p.Why, p.Cause = ErrForeignOwner.Error(), ErrForeignOwner
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorServiceOwner}
	case CodeOwnerUnknown:
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
	}
	return nil
}
