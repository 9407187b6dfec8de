// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What config calls the parts that values of the chart reach into.
const (
	operatorName      = "operator"      // the Deployment, and its container
	configurationFile = "operator.yaml" // the key of the ConfigMap
	memoryVariable    = "GOMEMLIMIT"
	keyVolume         = "maskinporten" // the volume with the key for Maskinporten, and its mount
)

// generatedName is a name with the hash that kustomize appends.
var generatedName = regexp.MustCompile(`^(.+)-[a-z0-9]{10}$`)

// defaults are what config says in the places that values of the chart decide.
type defaults struct {
	repository, tag, digest, pullPolicy string
	replicas, resources, goMemoryLimit  any
	maskinportenSecret                  any
	configuration                       string // YAML, with its comments
}

// installation is what the chart is made of.
type installation struct {
	namespace object   // the chart leaves it out
	objects   []object // all others, with marks in the places of values
	stem      string   // the name of the configuration's ConfigMap, without its hash
	defaults  defaults
}

// place puts marks into the objects where values of the chart belong. Its error names everything
// that has no place; the objects are of no use then.
func place(objects []object) (installation, error) {
	namespace, objects, err := only(objects, "Namespace", func(o object) bool { return o.kind() == "Namespace" })
	if err != nil {
		return installation{}, err
	}
	i := installation{namespace: namespace, objects: objects}
	err = errors.Join(i.placeDeployment(), i.placeConfiguration(), i.placeNamespace())
	for _, o := range objects {
		if o.kind() == definitionKind {
			keep(o)
		}
	}
	return i, err
}

func (i *installation) placeDeployment() error {
	deployment, _, err := only(i.objects, "Deployment "+operatorName, func(o object) bool {
		return o.kind() == "Deployment" && o.name() == operatorName
	})
	if err != nil {
		return err
	}
	d := &i.defaults
	var fromReplicas, fromContainer error
	d.replicas, fromReplicas = deployment.take(markReplicas, "spec", "replicas")
	container := named(deployment.field("spec", "template", "spec", "containers"), operatorName)
	if container == nil {
		fromContainer = fmt.Errorf("no container %s", operatorName)
	} else {
		fromContainer = d.placeContainer(container)
	}
	pod, _ := deployment.field("spec", "template", "spec").(map[string]any)
	if err := errors.Join(fromReplicas, fromContainer, d.placeKey(pod, container)); err != nil {
		return fmt.Errorf("the Deployment %s: %w", operatorName, err)
	}
	return nil
}

func (d *defaults) placeContainer(container object) error {
	reference, fromImage := container.take(markImage, "image")
	if fromImage == nil {
		fromImage = d.readImage(fmt.Sprint(reference))
	}
	var fromResources, fromMemory error
	d.resources, fromResources = container.take(markResources, "resources")
	d.goMemoryLimit, fromMemory = takeMemory(container)
	d.pullPolicy, _ = container["imagePullPolicy"].(string)
	container["imagePullPolicy"] = markPullPolicy
	arguments, _ := container["args"].([]any)
	container["args"] = append(arguments, markArguments)
	return errors.Join(fromImage, fromResources, fromMemory)
}

// placeKey marks the Secret with the key for Maskinporten, and has Helm mount it only where the
// configuration says that there is one: pods would wait for ever for a Secret that nobody makes.
func (d *defaults) placeKey(pod, container object) error {
	var fromSecret error
	d.maskinportenSecret, fromSecret = named(pod["volumes"], keyVolume).take(markMaskinportenSecret, "secret", "secretName")
	return errors.Join(fromSecret,
		pod.enclose("volumes", keyVolume, markIfMaskinporten, markEnd),
		container.enclose("volumeMounts", keyVolume, markIfMaskinporten, markEnd))
}

// enclose puts a mark before and a mark after the entry of a list that has this name.
func (o object) enclose(list, name, before, after string) error {
	entries, _ := o[list].([]any)
	n := slices.IndexFunc(entries, func(entry any) bool {
		fields, _ := entry.(map[string]any)
		return fields["name"] == name
	})
	if n < 0 {
		return fmt.Errorf("no %s in %s: a value of the chart decides about it", name, list)
	}
	o[list] = slices.Concat(entries[:n], []any{before, entries[n], after}, entries[n+1:])
	return nil
}

func takeMemory(container object) (any, error) {
	variable := named(container["env"], memoryVariable)
	if variable == nil {
		return nil, fmt.Errorf("no env %s: a value of the chart belongs there", memoryVariable)
	}
	return variable.take(markMemory, "value")
}

// readImage splits a reference into what the values ask for one by one.
func (d *defaults) readImage(reference string) error {
	d.repository, d.digest, _ = strings.Cut(reference, "@")
	// A colon before the last slash is that of a port.
	if colon := strings.LastIndex(d.repository, ":"); colon > strings.LastIndex(d.repository, "/") {
		d.repository, d.tag = d.repository[:colon], d.repository[colon+1:]
	}
	if (d.tag == "") == (d.digest == "") {
		return fmt.Errorf("image %s: it must have a tag or a digest, and not both", reference)
	}
	return nil
}

// placeConfiguration marks the ConfigMap of the operator's configuration: its content, its name, and
// each reference to that name.
func (i *installation) placeConfiguration() error {
	holder, others, err := only(i.objects, "ConfigMap with "+configurationFile, func(o object) bool {
		return o.kind() == "ConfigMap" && o.field("data", configurationFile) != nil
	})
	if err != nil {
		return err
	}
	name := holder.name()
	parts := generatedName.FindStringSubmatch(name)
	if parts == nil {
		return fmt.Errorf("the ConfigMap %s: no hash in its name, so a changed configuration would roll no pods", name)
	}
	i.stem = parts[1]
	text, err := holder.take(markConfiguration, "data", configurationFile)
	if err != nil {
		return fmt.Errorf("the ConfigMap %s: %w", name, err)
	}
	i.defaults.configuration = fmt.Sprint(text)
	references := 0
	for _, o := range others {
		o.rewrite(func(text string) string {
			if text != name {
				return text
			}
			references++
			return markConfigurationName
		})
	}
	if references == 0 {
		return fmt.Errorf("the ConfigMap %s: nothing refers to it", name)
	}
	_, err = holder.take(markConfigurationName, "metadata", "name")
	return err
}

// keep has Helm leave a CRD behind when the release goes: with it would go every object of its kind.
func keep(definition object) {
	metadata, _ := definition["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if annotations == nil {
		annotations = map[string]any{}
		metadata["annotations"] = annotations
	}
	annotations["helm.sh/resource-policy"] = "keep"
}
