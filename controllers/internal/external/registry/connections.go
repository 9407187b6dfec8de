// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"net/http"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Connection lets a list's members use a resource.
type Connection struct {
	Resource string `json:"resourceIdentifier"`
	// Actions are those it is for. None is all of them.
	Actions []string `json:"actionFilters,omitempty"`
}

// Connections tie an access list to resources.
type Connections interface {
	// Connections reads all of them, of one version of the list. NotFound: there is no such list. TryLater: unknown, which is
	// not "none".
	Connections(ctx context.Context, key ListKey) ([]Connection, Version, error)
	// Connect ties a resource to a list of a version, or changes for which actions; an equal one stays as it is. It gives the
	// version after that.
	// NotFound: the list is not there, or with the code CodeResourceUnknown the resource, which must be registered first
	// (Altinn's Resource Registry). Refused with ErrForeignOwner: the resource is another owner's. Conflict: the list is another by now. TryLater:
	// it may be so now, unless Unsent.
	Connect(ctx context.Context, key ListKey, on Version, wanted Connection) (Version, error)
	// Disconnect unties a resource. What is not tied, or has no list, is untied: nil.
	// Conflict: the list is another by now. TryLater: it may be untied, unless Unsent.
	Disconnect(ctx context.Context, key ListKey, on Version, resource string) error
}

const connectionsPath = "resource-connections"

// Connections implements Connections.
func (c *Client) Connections(ctx context.Context, key ListKey) ([]Connection, Version, error) {
	const operation = "get connections"
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier, connectionsPath)
	if err != nil {
		return nil, Absent, err
	}
	return readAll[Connection](ctx, c, operation, address)
}

// Connect implements Connections.
func (c *Client) Connect(ctx context.Context, key ListKey, on Version, wanted Connection) (Version, error) {
	const operation = "connect resource"
	if on == Absent {
		return Absent, c.absent(operation)
	}
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier, connectionsPath, wanted.Resource)
	if err != nil {
		return Absent, err
	}
	call := c.listWrite(operation, http.MethodPut, address, on)
	call.Body = external.JSON(struct {
		Actions []string `json:"actionFilters,omitempty"`
	}{wanted.Actions})
	return c.write(ctx, call)
}

// Disconnect implements Connections.
func (c *Client) Disconnect(ctx context.Context, key ListKey, on Version, resource string) error {
	const operation = "disconnect resource"
	if on == Absent {
		return nil
	}
	address, err := c.below(operation, c.lists, key.Owner, key.Identifier, connectionsPath, resource)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, c.listWrite(operation, http.MethodDelete, address, on))
	if external.IsNotFound(err) {
		return nil
	}
	return err
}
