package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

const (
	region = "norwayeast"
	zones  = 3
)

// createNodes creates simulated nodes with the labels a cloud gives its nodes, so that topology spread has
// something to spread over, and with room for thousands of pods. kwok keeps the size and makes them Ready.
func createNodes(ctx context.Context, client corev1client.NodesGetter, count int) error {
	for i := range count {
		if _, err := client.Nodes().Create(ctx, simulatedNode(i), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating simulated node %d: %w", i, err)
		}
	}
	return nil
}

func simulatedNode(index int) *corev1.Node {
	name := fmt.Sprintf("node-%d", index)
	size := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("32"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("1000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name,
			Labels: map[string]string{
				corev1.LabelHostname:       name,
				corev1.LabelOSStable:       "linux",
				corev1.LabelArchStable:     "amd64",
				corev1.LabelTopologyRegion: region,
				corev1.LabelTopologyZone:   fmt.Sprintf("%s-%d", region, index%zones+1),
				"type":                     "kwok",
			},
		},
		Status: corev1.NodeStatus{
			Capacity:    size,
			Allocatable: size,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("10.240.%d.%d", index/250, index%250+1)},
				{Type: corev1.NodeHostName, Address: name},
			},
		},
	}
}

// nodesReady returns why not all nodes can take pods yet, nil when they can. A node that is Ready still
// carries the taint of one that is not, until the controller manager has noticed.
func nodesReady(ctx context.Context, client corev1client.NodesGetter, count int) error {
	nodes, err := client.Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	able := 0
	for i := range nodes.Items {
		if node := &nodes.Items[i]; isReady(node) && len(node.Spec.Taints) == 0 {
			able++
		}
	}
	if able < count {
		return fmt.Errorf("%d of %d nodes can take pods", able, count)
	}
	return nil
}

func isReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
