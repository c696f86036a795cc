# With and without the parts that can be left out.
mock_provider "google" {}

variables {
  project_id   = "my-lab-123"
  alert_emails = ["ada@lab.org"]
  source_zip   = "variables.tf"
  indexes_file = "tests/indexes.json"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = length(module.network) == 1 && length(module.registry) == 2
    error_message = "A network of its own and mirrors of quay.io and docker.io are there by default."
  }
  assert {
    condition     = length(module.alert) == 1 && length(module.budget) == 0
    error_message = "An address to tell makes the alert; no billing account, no budget."
  }
  assert {
    condition     = length(module.secret) == 0
    error_message = "No configuration names a secret, so there is none."
  }
  assert {
    condition     = toset(keys(module.bucket)) == toset(["code", "config", "inputs", "ledger", "results"])
    error_message = "Every bucket is made."
  }
  assert {
    condition     = strcontains(google_storage_bucket_object.config.content, "\"quay.io\": \"us-central1-docker.pkg.dev/my-lab-123/bioagent-quay-io\"")
    error_message = "The functions are told of the mirrors."
  }
  assert {
    condition     = strcontains(google_storage_bucket_object.config.content, "projects/my-lab-123/regions/us-central1/subnetworks/bioagent-us-central1")
    error_message = "The functions are told of the subnetwork."
  }
  assert {
    condition     = yamldecode(google_storage_bucket_object.config.content).gcp.external_ip == false
    error_message = "What is written is YAML."
  }
}

run "next_to_nothing" {
  command = plan
  variables {
    alert_emails  = []
    network       = false
    image_mirrors = {}
    input_buckets = ["reads"]
    output_bucket = "lab-results"
  }

  assert {
    condition     = length(module.network) == 0 && length(module.registry) == 0 && length(module.alert) == 0
    error_message = "Nothing of the optional parts is made."
  }
  assert {
    condition     = toset(keys(module.bucket)) == toset(["code", "config", "ledger"])
    error_message = "Given buckets are used, not made."
  }
  assert {
    condition     = google_storage_bucket_iam_member.main["job/storage.objectUser/results"].bucket == "lab-results"
    error_message = "Jobs write to the given bucket."
  }
  assert {
    condition     = google_storage_bucket_iam_member.main["job/storage.objectViewer/inputs/reads"].role == "roles/storage.objectViewer"
    error_message = "Jobs read the given bucket, and only read it."
  }
  assert {
    condition     = yamldecode(google_storage_bucket_object.config.content).gcp == { external_ip = false }
    error_message = "Of networks and mirrors that do not exist nobody is told."
  }
}

run "everything" {
  command = plan
  variables {
    nat              = true
    billing_account  = "ABCDEF-123456-ABCDEF"
    config_file      = "tests/channels.yaml"
    pipelines_folder = "tests"
    users            = ["user:ada@lab.org", "group:seq@lab.org"]
    authors          = ["user:ada@lab.org"]
    public_url       = "https://runs.lab.org"
  }

  assert {
    condition     = length(module.budget) == 1 && length(module.network) == 1
    error_message = "A billing account makes a budget."
  }
  assert {
    condition     = toset(keys(module.secret)) == toset(["bioagent-slack", "bluebubbles"])
    error_message = "A secret for every sm:// that is used, and none for one in a comment."
  }
  assert {
    condition     = local.environment.BIOAGENT_PUBLIC_URL == "https://runs.lab.org"
    error_message = "The functions are told where people open the page."
  }
  assert {
    condition     = yamldecode(google_storage_bucket_object.config.content).gcp.zones == ["us-central1-b"] && yamldecode(google_storage_bucket_object.config.content).gcp.external_ip == true
    error_message = "What the file says of gcp: wins, and the rest is added to it."
  }
  assert {
    condition     = keys(google_storage_bucket_iam_member.author) == ["user:ada@lab.org"]
    error_message = "Authors may write pipelines."
  }
  assert {
    condition     = contains(keys(google_storage_bucket_object.pipeline), "channels.yaml")
    error_message = "Pipelines of the folder are put into the bucket."
  }
}

run "second_installation_with_an_empty_config" {
  command = plan
  variables {
    name        = "trials"
    config_file = "tests/only-comments.yaml"
  }

  assert {
    condition     = local.environment.BIOAGENT_DATABASE == "trials" && local.function_names["poll"] == "trials-poll"
    error_message = "Another name shares nothing with the first installation."
  }
}
