// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
)

// positions maps the path of a key to the line it stands in.
type positions map[string]int

// linesOf reads a file of one document.
func linesOf(raw []byte) (positions, error) {
	found := positions{}
	var root, further yamlnode.Node
	documents := yamlnode.NewDecoder(bytes.NewReader(raw))
	if documents.Decode(&root) == nil {
		found.walk("", &root)
	}
	if err := documents.Decode(&further); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is a second document, which nobody would read; remove it")
	}
	return found, nil
}

func (p positions) walk(path string, node *yamlnode.Node) {
	switch node.Kind {
	case yamlnode.DocumentNode:
		for _, child := range node.Content {
			p.walk(path, child)
		}
	case yamlnode.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := strings.TrimPrefix(path+"."+node.Content[i].Value, ".")
			p[key] = node.Content[i].Line
			p.walk(key, node.Content[i+1])
		}
	case yamlnode.SequenceNode:
		for i, child := range node.Content {
			p[fmt.Sprintf("%s[%d]", path, i)] = child.Line
			p.walk(fmt.Sprintf("%s[%d]", path, i), child)
		}
	}
}

// named finds the key of a map in a path, as hosts[maskinporten.no]; a list has its number there.
var named = regexp.MustCompile(`\[([^\]]*[^\]0-9][^\]]*)\]`)

// at returns the line of a key, or of the nearest one above it that is in the file; 1 for none.
func (p positions) at(path string) int {
	path = named.ReplaceAllString(path, ".$1")
	for path != "" {
		if line, ok := p[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}
