// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// value is one setting of the chart.
type value struct {
	key     string   // as --set takes it; at most one dot
	text    []string // what it is for, in lines for values.yaml
	initial any      // what holds if nobody sets it
}

// yamlText is YAML to be copied as it is.
type yamlText string

// values lists the settings in the order of values.yaml.
func (i installation) values() []value {
	d := i.defaults
	return []value{
		{"image.repository", []string{"Where the operator's image is pulled from, without tag."}, d.repository},
		{"image.tag", []string{"Empty: the appVersion of the chart."}, ""},
		{"image.digest", []string{"Such as sha256:…; if it is set, the tag does not count."}, d.digest},
		{"image.pullPolicy", []string{"Empty: what Kubernetes chooses by the tag."}, d.pullPolicy},
		{"replicas", []string{"One works, the others stand by."}, d.replicas},
		{"resources", []string{"Of the operator's container."}, d.resources},
		{"goMemoryLimit", []string{
			"From here the Go runtime collects garbage harder.",
			"Keep it a little under resources.limits.memory.",
		}, d.goMemoryLimit},
		{"extraArgs", []string{"More arguments for the operator, each as one text."}, []any{}},
		{"maskinportenSecret", []string{
			"The Secret with the key of the operator's client at Maskinporten, as key.json.",
			"You make it; the pods wait for it. It is not used if configuration.maskinporten is null.",
		}, d.maskinportenSecret},
		{"crds.install", []string{
			"Install and upgrade the CRDs with the release.",
			"False: somebody else does, before the release.",
		}, true},
		{"configuration", []string{
			"The OperatorConfiguration. A change of it rolls the operator's pods.",
			"What you give is merged into this; null takes a key away.",
		}, yamlText(d.configuration)},
	}
}

// valuesFile writes values.yaml.
func valuesFile(values []value) (string, error) {
	var b strings.Builder
	b.WriteString("# Generated from config/default by make chart.\n")
	group := ""
	for _, v := range values {
		parent, key, nested := strings.Cut(v.key, ".")
		indent := ""
		switch {
		case !nested:
			key = parent
			b.WriteString("\n")
		case parent != group:
			b.WriteString("\n" + parent + ":\n")
		}
		group = parent
		if nested {
			indent = "  "
		}
		text, err := v.yaml()
		if err != nil {
			return "", err
		}
		if v.isBlock() {
			text = "\n" + indented(text, "  ")
		} else {
			text = " " + text
		}
		entry := "# " + strings.Join(v.text, "\n# ") + "\n" + key + ":" + text + "\n"
		b.WriteString(indented(entry, indent))
	}
	return b.String(), nil
}

// isBlock tells that the default stands below its key, not behind it.
func (v value) isBlock() bool {
	if fields, isMap := v.initial.(map[string]any); isMap {
		return len(fields) > 0
	}
	_, isText := v.initial.(yamlText)
	return isText
}

// yaml writes the default, without a line end behind it.
func (v value) yaml() (string, error) {
	if text, isText := v.initial.(yamlText); isText {
		return strings.TrimRight(string(text), "\n"), nil
	}
	text, err := yaml.Marshal(v.initial)
	if err != nil {
		return "", fmt.Errorf("writing the default of %s: %w", v.key, err)
	}
	return strings.TrimRight(string(text), "\n"), nil
}

// valuesTable writes the settings as rows of a Markdown table.
func valuesTable(values []value) (string, error) {
	var b strings.Builder
	b.WriteString("| Value | Default | What it is |\n| --- | --- | --- |\n")
	for _, v := range values {
		text, err := v.yaml()
		if err != nil {
			return "", err
		}
		text = "`" + text + "`"
		if v.isBlock() {
			text = "see `values.yaml`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.key, text, strings.Join(v.text, " "))
	}
	return b.String(), nil
}
