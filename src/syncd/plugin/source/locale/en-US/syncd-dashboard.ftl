# What the dashboard's pages say. Zotero shows none of it.

## All pages

syncd-dashboard-skip = Skip to the page
syncd-dashboard-pages = Pages
syncd-dashboard-progress = Progress
syncd-dashboard-today = Today
syncd-dashboard-reviews = Reviews
syncd-dashboard-runs = Runs
syncd-dashboard-profiles = Profiles
syncd-dashboard-exceptions = Exceptions
syncd-dashboard-library = Library
syncd-dashboard-follow = Follow an Author
syncd-dashboard-trouble = That did not work
syncd-dashboard-locked = This page is for the reader of this syncd
syncd-dashboard-locked-how = In a terminal on this computer, this command opens it:
syncd-dashboard-take-back = Take Back
syncd-dashboard-parts = Parts of the list
syncd-dashboard-earlier = Back
syncd-dashboard-later = On
syncd-dashboard-part = { $first } to { $last } of { $total }
syncd-dashboard-of = { $number } of { $total }
syncd-dashboard-search = Search
syncd-dashboard-nothing-found = Nothing was found.
syncd-dashboard-no-papers = There are no papers yet. They come with the next run.
syncd-dashboard-more-papers =
    { $count ->
        [one] One more paper
       *[other] { $count } more papers
    }
syncd-dashboard-more-profiles =
    { $count ->
        [one] One more profile
       *[other] { $count } more profiles
    }
syncd-dashboard-and-more = and { $count } more
syncd-dashboard-score = AI Score { $score }
syncd-dashboard-sync = Sync Now
syncd-dashboard-pause = Pause
syncd-dashboard-resume = Resume
syncd-dashboard-try-again = Try Again
syncd-dashboard-not-followed = Not followed
syncd-dashboard-open-in-zotero = Open in Zotero
# $month is its number
syncd-dashboard-month =
    { $month ->
        [1] Jan
        [2] Feb
        [3] Mar
        [4] Apr
        [5] May
        [6] Jun
        [7] Jul
        [8] Aug
        [9] Sep
        [10] Oct
        [11] Nov
       *[12] Dec
    }
syncd-dashboard-day = { $day } { $month } { $year }
# $field is Zotero’s name of it
syncd-dashboard-field =
    { $field ->
        [title] Title
        [authors] Authors
        [creators] Authors
        [date] Date
        [type] Item Type
        [itemType] Item Type
        [abstractNote] Abstract
        [url] URL
        [archiveID] Archive ID
        [bookTitle] Book Title
        [proceedingsTitle] Proceedings Title
        [publicationTitle] Publication
        [conferenceName] Conference Name
        [repository] Repository
        [libraryCatalog] Library Catalog
        [language] Language
        [publisher] Publisher
        [place] Place
        [volume] Volume
        [issue] Issue
        [pages] Pages
        [extra] Extra
        [tags] Tags
        [collections] Collections
        [links] Links
        [profile] Profile
       *[other] { $field }
    }

## Today

syncd-dashboard-all-well =
    { $profiles ->
        [one] One profile is followed. All is well.
       *[other] { $profiles } profiles are followed. All is well.
    }
syncd-dashboard-follows =
    { $profiles ->
        [one] One profile is followed.
       *[other] { $profiles } profiles are followed.
    }
syncd-dashboard-no-daemon = syncd does not run in the background. In a terminal, this lets it look by itself:
syncd-dashboard-waits = Waits for You
syncd-dashboard-failed =
    { $count ->
        [one] One paper could not be written.
       *[other] { $count } papers could not be written.
    }
syncd-dashboard-troubles = Profiles That Rest or Fail
syncd-dashboard-runs-lately = Runs of the Last Four Weeks
syncd-dashboard-day-of-runs =
    { $runs ->
        [0] { $day }: no run
        [one] { $day }: one run, { $bad ->
            [0] which went well
           *[other] which did not end well
        }
       *[other] { $day }: { $runs } runs, { $bad ->
            [0] all went well
           *[other] { $bad } did not end well
        }
    }
syncd-dashboard-well = All went well
syncd-dashboard-partly = Some did not
syncd-dashboard-badly = None did
syncd-dashboard-new = New in the Last Seven Days
syncd-dashboard-nothing-new = No paper came in the last seven days.

# $guard is what stopped a profile, $count how many papers it is about
syncd-dashboard-guard =
    { $guard ->
        [many] Nothing was written. If this is the right person, add them all.
        [shrunk] Nothing of it was used. If the page is right, believe it.
       *[emptied] Nothing was written. If the library is the right one, its papers can come back.
    }
syncd-dashboard-push-past =
    { $guard ->
        [many]
            { $count ->
                [one] Add the Paper
               *[other] Add All { $count } Papers
            }
        [shrunk] Believe the Page
       *[emptied] Bring Them Back
    }
syncd-dashboard-pushed =
    { $count ->
        [0] syncd went on, and there was nothing to add.
        [one] syncd went on, and added one paper.
       *[other] syncd went on, and added { $count } papers.
    }
syncd-dashboard-collection-in-trash = Take it out of Zotero’s trash, and syncd goes on by itself. Or go on in a fresh one; what is there already stays where it is.
syncd-dashboard-collection-gone = syncd can go on in a fresh one. What is there already stays where it is.
syncd-dashboard-start-anew = Start a Fresh Collection

## Reviews

syncd-dashboard-is-it-theirs = Is this paper of the time that is wanted of this person?
syncd-dashboard-candidates = Items that it may be
syncd-dashboard-compared = Both records, with marks where they differ
syncd-dashboard-property = Property
syncd-dashboard-same = The Same: Merge
syncd-dashboard-different = Different: Add as New
syncd-dashboard-same-theirs = Yes: Add It
syncd-dashboard-different-theirs = No: Leave It Out
syncd-dashboard-later-verdict = Decide Later
syncd-dashboard-previous = Previous
syncd-dashboard-next = Next
syncd-dashboard-decided = Decided: the Next Run Does So
syncd-dashboard-judged =
    { $verdict ->
        [same] “{ $title }” is the same. The next run does as you decided.
        [different] “{ $title }” is another one. The next run does as you decided.
       *[later] “{ $title }” stays for later.
    }
syncd-dashboard-taken-back = “{ $title }” waits for your decision again.

## Runs

syncd-dashboard-libraries = Libraries
syncd-dashboard-when = When
syncd-dashboard-what = What
syncd-dashboard-who = Profiles
syncd-dashboard-outcome = Outcome
syncd-dashboard-kind =
    { $kind ->
        [push] Sync
        [undo] Undo
        [reject] Rejection
       *[other] { $kind }
    }
syncd-dashboard-count =
    { $kind ->
        [create] { $count } new
        [adopt] { $count } filed that you had
        [update] { $count } updated
        [review] { $count } to decide
        [failed] { $count } failed
        [reject] { $count } rejected
        [trash] { $count } to the trash
       *[revert] { $count } put back
    }
syncd-dashboard-did =
    { $kind ->
        [create] Added
        [adopt] Filed
        [update] Updated
        [reject] Rejected
        [trash] Moved to the trash
       *[revert] Put back
    }
syncd-dashboard-unfinished = Not finished
syncd-dashboard-unfinished-why =
    { $kind ->
        [undo] This undo is still at work, or something ended it early. What it put back stays so. The rest can be undone now; nothing is done twice.
       *[other] This run is still at work, or something ended it early. The next run finds out what was written, and goes on from there.
    }
syncd-dashboard-undo-rest = Undo the Rest…
syncd-dashboard-run = Run
syncd-dashboard-run-of = Run of { $time }
syncd-dashboard-run-did-nothing = This run changed no paper.
syncd-dashboard-undo = Undo This Run…
syncd-dashboard-undo-of = Undo the Run of { $time }?
syncd-dashboard-undoes = The run that this one undid
syncd-dashboard-is-undone = This run was undone
syncd-dashboard-what-changes = What Changes
syncd-dashboard-will =
    { $kind ->
        [trash] To the trash
       *[revert] Back as it was
    }
syncd-dashboard-left-alone = What Is Left Alone

## Profiles

syncd-dashboard-search-profiles = Name of a profile or an author
syncd-dashboard-search-papers = Title or author
syncd-dashboard-sorted = Sorted by
syncd-dashboard-sort =
    { $by ->
        [date] Newest first
        [score] Best AI Score first
        [since] Last added first
       *[title] By title
    }
syncd-dashboard-source = Source
syncd-dashboard-listed = { $papers } of { $listed } papers are on the page
syncd-dashboard-figures = Figures
syncd-dashboard-figure =
    { $figure ->
        [h_index] h-index
        [citations] Citations
        [novelty] Novelty
        [ai_score] AI Score
        [papers] Papers Listed
        [years] Papers by Year
        [scores] Papers by AI Score
        [categories] Papers by Category
        [coauthors] Co-authors
       *[code] Papers With Code
    }

syncd-dashboard-forget = Forget This Person
syncd-dashboard-forget-question = syncd forgets what it keeps about { $profile }: which papers the profile lists, its figures, what you rejected. Papers stay, and so do the runs.

## Exceptions

syncd-dashboard-exceptions-what = Papers that syncd does not treat like the rest, and why.
syncd-dashboard-causes = Reasons
syncd-dashboard-cause =
    { $cause ->
        [failed] Failed
        [refused] Refused by the server
        [waiting] Waiting
        [kept] Kept as you changed them
        [restored] Coming back
        [deleted] Deleted by you
        [undone] In the trash since you undid or rejected
        [rejected] Not by this person
        [paused] Paused
       *[skipped] Not filed
    }
# $value is what a source says where the reader has something else
syncd-dashboard-source-says = the source says: { $value }
syncd-dashboard-restore = Restore
syncd-dashboard-is-back = “{ $title }” is back.
syncd-dashboard-comes-back = “{ $title }” comes back with the next run of a profile that lists it.
syncd-dashboard-no-exceptions = There are none.

## A paper

syncd-dashboard-gone = This item is not in the library any more, or in its trash.
syncd-dashboard-show-in-library = Show in the Library
syncd-dashboard-why =
    { $kind ->
        [create] On { $day }, syncd found it among the papers of { $author } and added it.
       *[adopt] On { $day }, syncd found it among the papers of { $author }. You had it, and syncd filed it.
    }
syncd-dashboard-why-unknown = syncd does not remember how it came.
syncd-dashboard-since = since { $day }
syncd-dashboard-reject = Not by This Person
syncd-dashboard-reject-question = syncd will not offer this paper for { $author } again. An item that syncd added and nobody touched goes to the trash; any other leaves the collection and stays. The run can be undone.
syncd-dashboard-rejected =
    { $fate ->
        [trashed] “{ $title }” was rejected, and is in the trash.
        [left] “{ $title }” was rejected.
       *[other] “{ $title }” was rejected, and left the collection.
    }
syncd-dashboard-field-by-field = Field by Field
syncd-dashboard-in-library = In Your Library
syncd-dashboard-in-source = From the Sources
syncd-dashboard-no-other = the same
syncd-dashboard-yours = Yours: it stays
syncd-dashboard-history = History

## Library

syncd-dashboard-look-in-zotero = Your library is in Zotero, which shows it best.
syncd-dashboard-collections = Collections
syncd-dashboard-all-papers = All papers
syncd-dashboard-trash = Trash
syncd-dashboard-search-library = Title, author or year

## Follow

syncd-dashboard-follow-how = Search for a name, see who is who, and follow the right one. The services that are asked learn the name. An address of a profile page, or an identifier such as openalex:A5023888391, needs no search.
syncd-dashboard-author = Name, address or identifier
syncd-dashboard-citations = { $count } citations
syncd-dashboard-latest = Recent Papers
syncd-dashboard-latest-of = Recent Papers of { $author }
syncd-dashboard-no-latest = The service lists none.
syncd-dashboard-is-followed = Followed
syncd-dashboard-into = Library
syncd-dashboard-follow-act = Follow
syncd-dashboard-follow-one = Follow { $name } at { $service }
