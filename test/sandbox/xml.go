// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// xacmlNamespace is the only one a policy may be written in (Altinn Authorization).
const xacmlNamespace = "urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"

// element is a piece of XML as it stands, so that its order can be checked.
type element struct {
	name     string
	space    string
	attrs    map[string]string
	children []*element
	text     string
}

// readXML reads one document. Document type declarations are refused, as by .NET's reader.
func readXML(data []byte) (*element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	var root *element
	var open []*element
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading XML: %w", err)
		}
		switch token := token.(type) {
		case xml.Directive:
			return nil, errors.New("reading XML: document types are not allowed")
		case xml.StartElement:
			started := newElement(token)
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.children = append(parent.children, started)
			} else if root == nil {
				root = started
			} else {
				return nil, errors.New("reading XML: more than one root")
			}
			open = append(open, started)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(token)
			}
		}
	}
	if root == nil {
		return nil, errors.New("reading XML: no root element")
	}
	return root, nil
}

func newElement(start xml.StartElement) *element {
	made := &element{name: start.Name.Local, space: start.Name.Space, attrs: map[string]string{}}
	for _, attr := range start.Attr {
		if attr.Name.Space == "" {
			made.attrs[attr.Name.Local] = attr.Value
		}
	}
	return made
}

// part is a place in an element: which children may stand there, and how many must.
type part struct {
	names    string // separated by spaces
	min, max int    // a max of 0 is no bound
}

// shape checks that an element has its attributes, and its children in the order of the parts and nothing else.
func (e *element) shape(attributes string, parts ...part) error {
	for attribute := range strings.FieldsSeq(attributes) {
		if e.attrs[attribute] == "" {
			return fmt.Errorf("%s: the attribute %s is missing", e.name, attribute)
		}
	}
	rest := e.children
	for _, p := range parts {
		count := 0
		for len(rest) > 0 && rest[0].isOneOf(p.names) && (p.max == 0 || count < p.max) {
			rest, count = rest[1:], count+1
		}
		if count < p.min {
			return fmt.Errorf("%s: %s is missing", e.name, p.names)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s: %s is not expected here", e.name, rest[0].name)
	}
	return nil
}

func (e *element) isOneOf(names string) bool {
	if e.space != xacmlNamespace {
		return false
	}
	for name := range strings.FieldsSeq(names) {
		if e.name == name {
			return true
		}
	}
	return false
}

// each runs a reader over the children with a name.
func (e *element) each(name string, read func(*element) error) error {
	for _, child := range e.children {
		if child.name != name {
			continue
		}
		if err := read(child); err != nil {
			return err
		}
	}
	return nil
}
