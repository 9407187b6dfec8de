// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Load reads and checks the file. Each thing wrong is a line of the error: file, line, key, what is
// wrong and what is allowed.
func Load(path string) (*Operator, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the file the operator is told to read
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return parse(path, raw)
}

func parse(path string, raw []byte) (*Operator, error) {
	asJSON, err := yaml.YAMLToJSONStrict(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is not valid YAML: %w", path, err)
	}
	operator := &Operator{Concurrency: defaultConcurrency}
	unknown, err := kjson.UnmarshalStrict(asJSON, operator)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lines := linesOf(raw)
	var wrong []error
	for _, err := range unknown {
		key := quoted.FindStringSubmatch(err.Error())
		if key == nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", path, err))
			continue
		}
		wrong = append(wrong, fmt.Errorf("%s:%d: %s: unknown key; remove it or correct its spelling", path, lines.at(key[1]), key[1]))
	}
	for _, err := range validate(operator) {
		wrong = append(wrong, fmt.Errorf("%s:%d: %w", path, lines.at(err.Field), asError(err)))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return operator, nil
}

// quoted finds the key in the decoder's message.
var quoted = regexp.MustCompile(`"([^"]+)"`)

func asError(err *field.Error) error { return err }

// positions maps the path of a key to the line it stands in.
type positions map[string]int

func linesOf(raw []byte) positions {
	found := positions{}
	var root yamlnode.Node
	if yamlnode.Unmarshal(raw, &root) == nil {
		found.walk("", &root)
	}
	return found
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

// at returns the line of a key, or of the nearest one above it that is in the file; 1 for none.
func (p positions) at(path string) int {
	path = strings.NewReplacer("[", ".[", "].", "].").Replace(path)
	path = strings.ReplaceAll(path, ".[", "[")
	for path != "" {
		if line, ok := p[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}
