// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// element is a piece of XML as it stands, so that nothing in it can be passed over.
type element struct {
	name       string // of another namespace: with it in front, and so no name that is known
	attributes map[string]string
	children   []*element
	text       strings.Builder
}

// readXML reads one document, with or without a byte order mark. Document types are refused: they could bring in entities.
func readXML(data []byte) (*element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	document := &element{name: "the document"}
	open := []*element{document}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		inner := open[len(open)-1]
		switch token := token.(type) {
		case xml.Directive:
			return nil, errors.New("a document type is not understood")
		case xml.StartElement:
			started := newElement(token)
			inner.children = append(inner.children, started)
			open = append(open, started)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			inner.text.Write(token)
		}
	}
	return document, nil
}

// newElement keeps the attributes that are XACML's; those of other namespaces say nothing about the policy.
func newElement(start xml.StartElement) *element {
	made := &element{name: start.Name.Local, attributes: map[string]string{}}
	if start.Name.Space != namespace {
		made.name = start.Name.Space + ":" + start.Name.Local
	}
	for _, attribute := range start.Attr {
		if attribute.Name.Space == "" && attribute.Name.Local != "xmlns" {
			made.attributes[attribute.Name.Local] = attribute.Value
		}
	}
	return made
}

// has checks that an element has these attributes, separated by spaces, and no others.
func (e *element) has(names string) error {
	wanted := strings.Fields(names)
	for _, name := range wanted {
		if _, given := e.attributes[name]; !given {
			return fmt.Errorf("%s: the attribute %s is missing", e.name, name)
		}
	}
	for name := range e.attributes {
		if !slices.Contains(wanted, name) {
			return fmt.Errorf("%s: the attribute %s is not understood", e.name, name)
		}
	}
	return nil
}

// says checks the value of an attribute.
func (e *element) says(name, want string) error {
	if got := e.attributes[name]; got != want {
		return fmt.Errorf("%s: %s %q is not understood, only %q", e.name, name, got, want)
	}
	return nil
}

// place is where children with a name stand, and how many of them may.
type place struct {
	name        string
	least, most int
}

// many is more than any policy has.
const many = 1 << 30

// holds checks that an element has children in these places, in this order, and nothing else.
func (e *element) holds(places ...place) error {
	if strings.TrimSpace(e.text.String()) != "" {
		return fmt.Errorf("%s: the text in it is not understood", e.name)
	}
	rest := e.children
	for _, p := range places {
		count := 0
		for len(rest) > 0 && rest[0].name == p.name {
			rest, count = rest[1:], count+1
		}
		if count < p.least {
			return fmt.Errorf("%s: %s is missing", e.name, p.name)
		}
		if count > p.most {
			return fmt.Errorf("%s: %s stands there %d times", e.name, p.name, count)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s: %s is not understood here", e.name, rest[0].name)
	}
	return nil
}

// isText checks that an element has text in it and nothing else.
func (e *element) isText() error {
	if len(e.children) > 0 {
		return fmt.Errorf("%s: %s is not understood here", e.name, e.children[0].name)
	}
	return nil
}

// every reads each child with a name.
func every[V any](e *element, name string, read func(*element) (V, error)) ([]V, error) {
	var all []V
	for _, child := range e.children {
		if child.name != name {
			continue
		}
		one, err := read(child)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
