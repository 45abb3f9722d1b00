# What the reader sees of syncd in Zotero.

## Where syncd has no answer

syncd-not-paired = syncd is not paired with Zotero yet. In a terminal: syncd login --desktop
syncd-not-running = syncd is not running. Start it in a terminal: syncd run
syncd-slow = syncd gave no answer in time. What was asked for may be done all the same.
syncd-refused = syncd no longer knows this Zotero. Pair again in a terminal: syncd login --desktop
syncd-failed = syncd could not answer: { $message }
syncd-strange = What answered is not syncd, or another version of it. Pair again in a terminal: syncd login --desktop

## Columns

syncd-column-score = AI Score
syncd-column-code = Code
syncd-column-new = New
syncd-score =
    .title = AI Score { $score } of 100
syncd-code-somewhere =
    .title = There is code, but syncd knows no link to it
    .aria-label = There is code
syncd-code-open =
    .title = Open { $address }
    .aria-label = Open the code: { $address }
syncd-new-mark =
    .title = New since you last looked at this collection
    .aria-label = New

## The section in the item pane

syncd-section-header =
    .label = syncd
syncd-section-sidenav =
    .tooltiptext = syncd
syncd-fact-profile = Followed
syncd-fact-score = AI Score
syncd-fact-affiliations = Affiliations
syncd-brought = { $author }
syncd-brought-since = { $author }, since { $day }
syncd-link-kind =
    { $kind ->
        [code] Code
        [model] Model
        [dataset] Dataset
        [demo] Demo
        [project] Project
        [paper] Paper
        [video] Video
       *[other] Link
    }
syncd-link-open =
    .title = Open { $address }
    .aria-label = Open { $address }
syncd-fact-changed = Changed
syncd-changed = { $day }: { $fields }
syncd-fact-kept = Your Edits
syncd-field-tags = Tags
syncd-field-creators = Creators
syncd-field-collections = Collections
syncd-field-children = Links
syncd-why = Why Is This Here?
# $source is a page or service that lists the author’s papers, $by what was the same, such as “DOI”
syncd-why-new = On { $day }, syncd found it among the papers of { $author } ({ $source }) and added it: it was not in your library.
syncd-why-undone = You had it, and syncd took it up. On { $day }, that was undone: it is as it was before.
syncd-why-had-by =
    On { $day }, syncd found it among the papers of { $author } ({ $source }). You had it, recognized by { $by }. { $filled ->
        [none] syncd filed it and changed nothing in it.
       *[some] syncd filed it and filled in { $fields }.
    }
syncd-why-had-for =
    On { $day }, syncd found it among the papers of { $author } ({ $source }). You had it: { $reason }. { $filled ->
        [none] syncd filed it and changed nothing in it.
       *[some] syncd filed it and filled in { $fields }.
    }
syncd-why-had =
    On { $day }, syncd found it among the papers of { $author } ({ $source }). You had it. { $filled ->
        [none] syncd filed it and changed nothing in it.
       *[some] syncd filed it and filled in { $fields }.
    }

## A profile’s collection

syncd-last-run = Last Run
syncd-no-run = None yet
syncd-next-run = Next Run
syncd-running-now = Now
syncd-run-paused = None: paused
syncd-profile-trouble = The last run failed: { $message }
syncd-sync-profile =
    .label = Sync This Profile

## Menus

syncd-menu =
    .label = syncd
syncd-menu-summary =
    .label =
        { $state ->
            [running]
                { $troubled ->
                    [0]
                        { $profiles ->
                            [one] Follows one profile
                           *[other] Follows { $profiles } profiles
                        }
                    [one] Follows { $profiles }, one has trouble
                   *[other] Follows { $profiles }, { $troubled } have trouble
                }
            [paused] Paused
            [not-paired] Not paired yet: syncd login --desktop
            [not-running] Not running: syncd run
            [refused] Pair again: syncd login --desktop
            [strange] Pair again: syncd login --desktop
            [failed] Gave no answer
            [slow] Gave no answer in time
           *[asking] Asking…
        }
syncd-menu-sync =
    .label = Sync Now
syncd-menu-pause =
    .label = Pause
syncd-menu-resume =
    .label = Resume
syncd-menu-status =
    .label = Status…
syncd-menu-reviews =
    .label = Reviews Waiting ({ $count })…
syncd-menu-dashboard =
    .label = Open Dashboard
syncd-menu-undo =
    .label = Undo Last Run…
syncd-menu-follow =
    .label = Follow This Author…
syncd-menu-code =
    .label = Open Code
# $profile is a person who is followed, $others how many more of them list the paper
syncd-menu-reject =
    .label =
        { $others ->
            [0] Not by { $profile }…
           *[other] Not by…
        }
syncd-menu-sync-profile =
    .label = Sync This Profile
syncd-menu-unfollow =
    .label = Stop Following { $profile }…

## What came of a command

syncd-at-it = syncd is at it…
# $who is an author, $brought are parts such as “2 new papers, 1 waits for you”
syncd-sync-line = { $who }: { $brought }
syncd-brought-created =
    { $count ->
        [one] 1 new paper
       *[other] { $count } new papers
    }
syncd-brought-adopted =
    { $count ->
        [one] 1 filed that you had
       *[other] { $count } filed that you had
    }
syncd-brought-updated =
    { $count ->
        [one] 1 updated
       *[other] { $count } updated
    }
syncd-brought-reviews =
    { $count ->
        [one] 1 waits for you
       *[other] { $count } wait for you
    }
syncd-sync-none = nothing new
syncd-sync-nothing =
    { $profiles ->
        [0] No profile is followed yet.
       *[other] Nothing new in { $profiles } profiles.
    }
syncd-sync-profiles = { $profiles } profiles
syncd-sync-troubled =
    { $profiles ->
        [one] One profile has trouble: Tools > syncd > Status tells why.
       *[other] { $profiles } profiles have trouble: Tools > syncd > Status tells why.
    }
syncd-sync-goes-on = syncd is still at it. Tools > syncd > Status shows how it goes.
syncd-did-pause = syncd rests until you resume it.
syncd-did-resume = syncd goes on.
syncd-did-unfollow = { $profile } is followed no longer. The papers stay.
syncd-did-follow = { $author } is followed now. The papers come with the next run.
# $trashed papers went to the trash, $reverted got back what they were, $left were not touched, $failed failed
syncd-did-undo =
    The run is undone.{ $trashed ->
        [0] { "" }
        [one] { " " }One paper is in the trash.
       *[other] { " " }{ $trashed } papers are in the trash.
    }{ $reverted ->
        [0] { "" }
        [one] { " " }One paper is as it was.
       *[other] { " " }{ $reverted } papers are as they were.
    }{ $left ->
        [0] { "" }
        [one] { " " }One was left alone.
       *[other] { " " }{ $left } were left alone.
    }{ $failed ->
        [0] { "" }
        [one] { " " }One could not be put back.
       *[other] { " " }{ $failed } could not be put back.
    }

# $fate is what became of the paper’s item
syncd-did-reject =
    { $fate ->
        [trashed] Not by { $profile }: the paper is in the trash, and Undo Last Run takes that back.
        [taken-out] Not by { $profile }: the paper left { $collection }, and Undo Last Run takes that back.
       *[left] Not by { $profile }: the paper is not offered again, and Undo Last Run takes that back.
    }

## Dialogs

syncd-cancel =
    .label = Cancel
    .accesskey = C
syncd-close =
    .label = Close
    .accesskey = C
syncd-ask-no = Cancel
syncd-undo = Undo the last run?
# $day and time of the run, numbers of papers as above
syncd-undo-question =
    This undoes the run of { $day }.{ $trashed ->
        [0] { "" }
        [one] { " " }It moves one paper to the trash.
       *[other] { " " }It moves { $trashed } papers to the trash.
    }{ $reverted ->
        [0] { "" }
        [one] { " " }It puts one paper back as it was.
       *[other] { " " }It puts { $reverted } papers back as they were.
    }{ $left ->
        [0] { "" }
        [one] { " " }It leaves one paper alone that you changed or removed since then.
       *[other] { " " }It leaves { $left } papers alone that you changed or removed since then.
    }
syncd-undo-yes = Undo
syncd-unfollow = Stop following?
syncd-unfollow-question = syncd will look at { $profile } no longer. The papers and their collection stay in Zotero.
syncd-unfollow-yes = Stop Following
syncd-reject = Not by This Author?
syncd-reject-which = Who of these did not write it?
syncd-reject-question =
    { $fate ->
        [trashed] “{ $title }” goes to the trash: syncd added it for { $profile } alone, and nobody changed it.
        [taken-out] “{ $title }” leaves the collection { $collection } and stays in your library.
       *[left] Nothing changes in your library.
    } syncd will not offer it for { $profile } again.
syncd-reject-yes = Reject

syncd-follow-window =
    .title = Follow an Author
syncd-follow-name = Author:
syncd-button-search =
    .label = Search
    .accesskey = S
syncd-button-follow =
    .label = Follow
    .accesskey = F
syncd-follow-others = Also of this item:
syncd-follow-found =
    .aria-label = Authors by that name
syncd-follow-into = Papers go to { $library }.
syncd-follow-searching = Searching…
syncd-follow-adding = syncd looks at the papers of { $author }…
syncd-follow-nobody = Nobody was found by that name.
syncd-follow-papers =
    { $papers ->
        [one] one paper
       *[other] { $papers } papers
    }
syncd-follow-size =
    { $papers ->
        [one] one paper, h-index { $index }
       *[other] { $papers } papers, h-index { $index }
    }

syncd-status-window =
    .title = syncd: Status
syncd-button-sync =
    .label = Sync Now
    .accesskey = S
syncd-button-pause =
    .label = Pause
    .accesskey = P
syncd-button-resume =
    .label = Resume
    .accesskey = R
syncd-button-reviews =
    .label = Review…
syncd-status-profile = Profile
syncd-status-state = State
syncd-status-papers = Papers
syncd-status-last = Last run
syncd-status-next = Next run
syncd-state-running = At work
syncd-state-paused = Paused
syncd-state-stopped = Stopped
syncd-state-troubled = Trouble
syncd-state-new = Not run yet
syncd-state-well = Up to date
syncd-all-paused = syncd is paused. It looks at no profile until you resume it.
syncd-nobody-followed = No profile is followed here yet.
syncd-reviews-wait =
    { $count ->
        [one] One paper waits for your decision.
       *[other] { $count } papers wait for your decision.
    }

syncd-reviews-window =
    .title = syncd: Papers That You May Have
syncd-reviews-about =
    { $total ->
        [1] Is this new paper one of these items?
       *[other] Is this new paper one of these items? ({ $number } of { $total })
    }
syncd-reviews-none = Nothing waits for you.
syncd-reviews-gone = This item is in the trash or gone by now. Take it out of the trash, or choose another.
syncd-reviews-done = That was the last one. The next run does as you decided.
syncd-review-candidates =
    .aria-label = Items that it may be
syncd-review-alike = { $percent } % alike: { $reasons }
syncd-review-alike-only = { $percent } % alike
syncd-review-new = New paper
syncd-review-there = In your library
syncd-button-show =
    .label = Show in Library
syncd-button-same =
    .label = Merge into This Item
    .accesskey = M
syncd-button-different =
    .label = Add as New
    .accesskey = A
syncd-button-later =
    .label = Decide Later
    .accesskey = L
syncd-record-title = Title
syncd-record-authors = Authors
syncd-record-date = Date
syncd-record-type = Item Type
syncd-record-doi = DOI
syncd-record-url = URL

## Settings

syncd-settings-state = State
syncd-settings-running =
    { $troubled ->
        [0]
            { $profiles ->
                [one] Running, follows one profile
               *[other] Running, follows { $profiles } profiles
            }
        [one] Running, follows { $profiles }, of which one has trouble
       *[other] Running, follows { $profiles }, of which { $troubled } have trouble
    }
syncd-settings-paused =
    { $profiles ->
        [one] Paused, follows one profile
       *[other] Paused, follows { $profiles } profiles
    }
syncd-settings-last = Last run
syncd-settings-version = Version
syncd-settings-versions = syncd { $syncd }, plugin { $plugin }
syncd-settings-plugin = Plugin { $plugin }
syncd-settings-open-status =
    .label = Status…
