// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"fmt"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// ConflictError says that an object of the name we need belongs to somebody else. It was not
// touched.
type ConflictError struct{ Child v1alpha1.Child }

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s %s exists and was not made for this resource", e.Child.Kind, e.Child.Name)
}

// ContestedError says that something else changes a child back each time we write it. We stopped
// writing until the child changes again.
type ContestedError struct{ Child v1alpha1.Child }

// Error implements error.
func (e *ContestedError) Error() string {
	return fmt.Sprintf("%s %s is changed back by something else each time it is written", e.Child.Kind, e.Child.Name)
}

// WriteError says that the API server did not take a write.
type WriteError struct {
	// Verb is what was tried: create, read, update or delete.
	Verb string
	// Child is the object it was tried on.
	Child v1alpha1.Child
	// Err is the API server's answer.
	Err error
}

// Error gives the API server's answer when it is one, which is the same each time; the text of
// other errors, such as a lost connection, may hold ports and times and is left out.
func (e *WriteError) Error() string {
	if apierrors.ReasonForError(e.Err) == "" {
		return fmt.Sprintf("cannot %s %s %s: the API server did not answer", e.Verb, e.Child.Kind, e.Child.Name)
	}
	return WithoutConnections(fmt.Sprintf("cannot %s %s %s: %v", e.Verb, e.Child.Kind, e.Child.Name, e.Err))
}

// Unwrap gives the API server's answer.
func (e *WriteError) Unwrap() error { return e.Err }

// connection is what Go says, to the end of the line, of a request that got no answer.
var connection = regexp.MustCompile(`((Get|Head|Post|Put|Patch|Delete) "https?://|(dial|read|write) (tcp|udp)\b).*`)

// WithoutConnections returns a text with all that it says of connections left out: addresses, ports
// and query strings are different each time, and not for all to see. The API server itself passes
// such texts on when it could not call a webhook.
func WithoutConnections(text string) string { return connection.ReplaceAllString(text, "no answer") }
